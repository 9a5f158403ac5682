"""The names of checks that imports last brought to a system: what rules are written against."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextField, Value
from django.db.models.functions import Cast

from assessments.models import System
from evidence.formats import ReportedCheck
from evidence.mapping import Mapper, Match, Rule
from evidence.mapping_rules import rules_of_both, tests_of
from evidence.models import Check, SeenNames

KEPT = 2000
"""So many names are kept for each format of a system; those that nothing mapped, then the newest, go before others."""

LOOKED_UP = 5000

_NAMES = ""  # where a rule has its test's key


@dataclass(frozen=True, slots=True)
class SeenName:
    """A check's name as an import brought it: in which format, when last (aware, UTC), and the key it carried."""

    system: System
    format: str
    name: str
    at: datetime
    key: str | None

    def match(self, mapper: Mapper) -> Match | None:
        """What these rules make of it."""
        return mapper.find(self.name, self.format, self.key)


def note_names(system: System, format_name: str, checks: Iterable[ReportedCheck], mapper: Mapper, at: datetime) -> None:
    """Keep the names of these checks as seen at `at`. Call it under the system's lock; it takes two statements."""
    stored = SeenNames.objects.filter(system=system, format=format_name).values_list("names", flat=True).first() or {}
    names = {**stored, **{check.name: [at.isoformat(), check.key] for check in checks}}
    if len(names) > KEPT:
        unmapped_then_newest = sorted(
            names,
            key=lambda name: (mapper.find(name, format_name, names[name][1]) is None, names[name][0]),
            reverse=True,
        )
        names = {name: names[name] for name in unmapped_then_newest[:KEPT]}
    SeenNames.objects.bulk_create(
        [SeenNames(system=system, format=format_name, names=names)],
        update_conflicts=True,
        unique_fields=["system", "format"],
        update_fields=["names"],
    )


def read_names(rows: Iterable[SeenNames]) -> list[SeenName]:
    """The names in these rows (their systems loaded), the last seen first, then by name."""
    found = [
        SeenName(row.system, row.format, name, datetime.fromisoformat(at), key)
        for row in rows
        for name, (at, key) in row.names.items()
    ]
    found.sort(key=lambda seen: seen.name)
    found.sort(key=lambda seen: seen.at, reverse=True)
    return found


def names_of(system: System) -> list[SeenName]:
    """The names last seen in the system's reports: one query."""
    rows = SeenNames.objects.filter(system=system)
    for row in rows:
        row.system = system
    return read_names(rows)


def tests_of_known(names: Sequence[SeenName]) -> dict[tuple[int, str], str]:
    """The test that each of these names belongs to for good, by system id and name, where a result bears it: one query.

    Of many names it looks at the first 5000.
    """
    looked_up = names[:LOOKED_UP]
    checks = Check.objects.filter(
        system__in={seen.system.pk for seen in looked_up}, name__in={seen.name for seen in looked_up}
    )
    return {(system, name): test for system, name, test in checks.values_list("system_id", "name", "test")}


def unmapped_names(system: System) -> list[SeenName]:
    """Those that nothing maps by the rules in force, in one query: a union of the names and of the rules."""
    names = SeenNames.objects.filter(system=system).values_list(
        Value(_NAMES, output_field=TextField()), Value(0), "system_id", Cast("names", TextField()), "format"
    )
    rules = rules_of_both(system).order_by().values_list("test", "position", "system_id", "pattern", "format")
    rows: list[SeenNames] = []
    own: list[tuple[int, Rule]] = []
    shared: list[tuple[int, Rule]] = []
    for test, position, owner, text, format_name in names.union(rules, all=True):
        if test == _NAMES:
            rows.append(SeenNames(system=system, format=format_name, names=json.loads(text)))
        else:
            (shared if owner is None else own).append((position, Rule(text, test, format_name or None)))
    mapper = Mapper(_in_order(own), _in_order(shared), tests_of(system))
    return [seen for seen in read_names(rows) if seen.match(mapper) is None]


def _in_order(placed: list[tuple[int, Rule]]) -> list[Rule]:
    return [rule for _, rule in sorted(placed, key=lambda each: each[0])]
