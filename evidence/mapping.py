"""Which test a check of a report evidences: rules of patterns, first match wins. Plain Python, no Django, no queries."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate

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


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    matches: re.Pattern[str]
    match: Match

    def takes(self, name: str, format_name: str) -> bool:
        if self.rule.format is not None and self.rule.format != format_name:
            return False
        return self.rule.pattern == name or self.matches.match(name) is not None


class Mapper:
    """The rules of one system and of its organisation, ready to be asked.

    In a pattern `*` stands for any characters, `?` for one, `[abc]` for one of these; case counts. A pattern also matches
    the name that it repeats to the letter, as names may bear brackets themselves. `tests` are the keys that the system's
    rubric editions have: an organisation's rule for another test is passed over, and so is another key that a check
    carries.
    """

    def __init__(self, own: Sequence[Rule], shared: Sequence[Rule], tests: Collection[str]) -> None:
        self._tests = frozenset(tests)
        listed = [*_compiled(own, Source.SYSTEM), *_compiled(shared, Source.ORGANISATION)]
        self._rules = [each for each in listed if each.rule.test in self._tests]

    def knows(self, key: str) -> bool:
        """Whether the system has, or has had, a test of this key."""
        return key in self._tests

    def find(self, name: str, format_name: str, key: str | None = None) -> Match | None:
        """The test that a check of this full name in a report of this format evidences; None when nothing maps it.

        `key` is the one that the check itself carries, if it does.
        """
        if key is not None and self.knows(key):
            return Match(key, Source.CHECK)
        return next((each.match for each in self._rules if each.takes(name, format_name)), None)


def _compiled(rules: Iterable[Rule], source: Source) -> list[_Compiled]:
    return [
        _Compiled(rule, re.compile(translate(rule.pattern)), Match(rule.test, source, place))
        for place, rule in enumerate(rules)
    ]
