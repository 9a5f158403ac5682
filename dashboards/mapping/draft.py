"""The rules in an editor's form, changed row by row before they are stored, and what they make of the names last seen."""

from __future__ import annotations

import json
from collections.abc import Mapping as Fields
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

from evidence.formats import FORMATS
from evidence.mapping import Mapper, Rule, Source
from evidence.seen_names import SeenName

SHOWN_NAMES = 200
FIELDS = ("pattern", "test", "format")


@dataclass(slots=True)
class Row:
    """One rule as the form holds it, with what is wrong with its fields."""

    rule: Rule
    faults: dict[str, str] = field(default_factory=dict)


def rules_in(posted: QueryDict) -> list[Rule]:
    """The rules that the form's rows say, in order; a format that is none is left for the operation to refuse."""
    columns = [[value.replace("\x00", "") for value in posted.getlist(name)] for name in FIELDS]
    return [Rule(pattern, test, chosen or None) for pattern, test, chosen in zip(*columns, strict=False)]


def changed(rules: Sequence[Rule], act: str) -> list[Rule]:
    """The rules after a button of the form: `add`, `up 2`, `down 2`, `remove 2`; of anything else, as they are."""
    word, _, place = act.partition(" ")
    listed = list(rules)
    if word == "add":
        return [*listed, Rule("", "")]
    if not (place.isascii() and place.isdigit() and int(place) < len(listed)):
        return listed
    at = int(place)
    if word == "remove":
        return listed[:at] + listed[at + 1 :]
    to = {"up": at - 1, "down": at + 1}.get(word, at)
    if 0 <= to < len(listed):
        listed[at], listed[to] = listed[to], listed[at]
    return listed


def with_asked(rules: Sequence[Rule], query: Fields[str, str]) -> list[Rule]:
    """The rules, and one more at the end for the name that the address asks for."""
    pattern, chosen = query.get("pattern", "").replace("\x00", "")[:300], query.get("format", "")
    return [*rules, Rule(pattern, "", chosen if chosen in FORMATS else None)] if pattern else list(rules)


@dataclass(frozen=True, slots=True)
class Line:
    """A name last seen, the test it goes to ('' for none) and what says so, in words.

    `bound_to` is the other test that it belongs to for good, '' when it may go there: an import would be refused.
    """

    seen: SeenName
    test: str
    why: str
    bound_to: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What rules make of the names last seen: those that cannot go where they are sent, then those that nothing maps.

    `refused` counts the former, which are in `mapped` too. `more` are beyond what is shown.
    """

    lines: Sequence[Line]
    unmapped: int
    mapped: int
    refused: int

    @property
    def more(self) -> int:
        return self.unmapped + self.mapped - len(self.lines)


def preview(names: Sequence[SeenName], mappers: Fields[int, Mapper], known: Fields[tuple[int, str], str]) -> Preview:
    """What these rules, by the system's id, make of the names; `known` is the test of those that have results."""
    lines = [_line(seen, mappers[seen.system.pk], known.get((seen.system.pk, seen.name))) for seen in names]
    refused = sum(bool(line.bound_to) for line in lines)
    unmapped = sum(not line.test for line in lines)
    lines.sort(key=lambda line: (not line.bound_to, bool(line.test)))
    return Preview(lines[:SHOWN_NAMES], unmapped, len(lines) - unmapped, refused)


def _line(seen: SeenName, mapper: Mapper, known: str | None) -> Line:
    match = seen.match(mapper)
    if match is None:
        return Line(seen, "", "")
    words = {
        Source.CHECK: "the key it carries",
        Source.SYSTEM: f"rule {match.place + 1}",
        Source.ORGANISATION: f"the organisation's rule {match.place + 1}",
    }
    return Line(seen, match.test, words[match.source], known if known and known != match.test else "")


def as_toml(rules: Sequence[Rule], whose: str) -> str:
    """The rules as a TOML file: an array of tables `rules`, as the API takes them in JSON."""
    parts = [f"# Mapping rules of {' '.join(whose.split())}. The first that matches a check's full name wins.\n"]
    for rule in rules:
        values = {"pattern": rule.pattern, "test": rule.test, "format": rule.format}
        lines = (f"{name} = {_quoted(value)}\n" for name, value in values.items() if value is not None)
        parts.append(f"[[rules]]\n{''.join(lines)}")
    return "\n".join(parts)


def _quoted(text: str) -> str:
    """A basic string: JSON's escapes are TOML's too, but for DEL, which TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
