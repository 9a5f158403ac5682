"""Which test a check of a report evidences: rules of patterns, first match wins. Plain Python, no Django, no queries."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache

LONGEST_PATTERN = 300
MOST_RULES = 500


@dataclass(frozen=True, slots=True)
class Rule:
    """A glob on a check's full name, and the key of the test that such checks evidence. `format` None: of any format."""

    pattern: str
    test: str
    format: str | None = None


class Source(StrEnum):
    """What says which test a check evidences, in the order in which they are asked."""

    CHECK = "check"
    SYSTEM = "system"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Match:
    """The test of a check, and what said so: for rules with their place in their list, from 0."""

    test: str
    source: Source
    place: int = 0


class Mapper:
    """The rules of one system and of its organisation, ready to be asked.

    In a pattern `*` stands for any characters, `?` for one, `[abc]` for one of these; case counts. A pattern also matches
    the name that it repeats to the letter, as names may bear brackets themselves. `tests` are the keys that the system's
    rubric editions have: an organisation's rule for another test is passed over, and so is another key that a check
    carries.
    """

    def __init__(self, own: Sequence[Rule], shared: Sequence[Rule], tests: Collection[str]) -> None:
        self._tests = frozenset(tests)
        listed = [*_sourced(own, Source.SYSTEM), *_sourced(shared, Source.ORGANISATION)]
        self._rules = [(rule, match) for rule, match in listed if rule.test in self._tests]
        self._by_format: dict[str, _FirstMatch] = {}

    def knows(self, key: str) -> bool:
        """Whether the system has, or has had, a test of this key."""
        return key in self._tests

    def find(self, name: str, format_name: str, key: str | None = None) -> Match | None:
        """The test that a check of this full name in a report of this format evidences; None when nothing maps it.

        `key` is the one that the check itself carries, if it does.
        """
        if key is not None and self.knows(key):
            return Match(key, Source.CHECK)
        first = self._by_format.get(format_name)
        if first is None:
            first = self._by_format[format_name] = _FirstMatch(
                (rule.pattern, match) for rule, match in self._rules if rule.format in (None, format_name)
            )
        return first.of(name)


class _FirstMatch:
    """The rules for one format as one expression: thousands of names meet hundreds of rules in an import."""

    def __init__(self, rules: Iterable[tuple[str, Match]]) -> None:
        listed = list(rules)
        self._matches = [match for _, match in listed]
        self._repeated: dict[str, int] = {}
        for place, (pattern, _) in enumerate(listed):
            self._repeated.setdefault(pattern, place)
        self._any = _any_of(tuple(pattern for pattern, _ in listed))

    def of(self, name: str) -> Match | None:
        """What the first rule that takes the name says."""
        found = self._any.match(name)
        places = [self._repeated.get(name), found.lastindex - 1 if found and found.lastindex else None]
        return next((self._matches[place] for place in sorted(place for place in places if place is not None)), None)


@lru_cache(maxsize=32)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """An expression that tells the first of the globs that match by its last group, counted from 1; of none, nothing."""
    return re.compile("|".join(f"{translate(pattern)}()" for pattern in patterns) or r"(?!)")


def _sourced(rules: Iterable[Rule], source: Source) -> Iterable[tuple[Rule, Match]]:
    return ((rule, Match(rule.test, source, place)) for place, rule in enumerate(rules))
