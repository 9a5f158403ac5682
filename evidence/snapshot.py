"""What a writer needs to know of a system's evidence, read in one statement under its lock."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection

from assessments.models import System
from evidence.instants import from_sql, instant_from_sql, to_sql
from evidence.rules_of import Rules
from rubric.evidence import Interval, RunTimes
from rubric.levels import Level

RunKey = tuple[str, str, str]


@dataclass(slots=True)
class Snapshot:
    """The runs a posting touches, the neighbours of their instants, and the spans around them.

    `rules` are those it was read by, `runs` are keyed by (test, run_id, branch), `spans` by generation, test and level.
    """

    rules: Rules
    runs: dict[RunKey, RunTimes] = field(default_factory=dict)
    neighbours: dict[str, set[datetime]] = field(default_factory=dict)
    spans: dict[int, dict[str, dict[Level, list[Interval]]]] = field(default_factory=dict)

    def layer(self, generation: int, test: str, level: Level) -> list[Interval]:
        """The known intervals of one level of one test, ascending."""
        return self.spans.get(generation, {}).get(test, {}).get(level, [])

    def verified(self, generation: int, at: datetime) -> dict[str, Level]:
        """The verified level of every test with a span over this instant."""
        return verified_in(self.spans.get(generation, {}), at)


def verified_in(layers: dict[str, dict[Level, list[Interval]]], at: datetime) -> dict[str, Level]:
    """The verified level that these layers hold at an instant, by test; tests that hold none are left out."""
    levels = {
        test: max((level for level, spans in of_test.items() if _covers(spans, at)), default=Level.NONE)
        for test, of_test in layers.items()
    }
    return {test: level for test, level in levels.items() if level is not Level.NONE}


def _covers(spans: list[Interval], at: datetime) -> bool:
    return any(start <= at < end for start, end in spans)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read: the runs (test, run_id), and for each (test, run_id, instant) the nearest other runs G away."""

    runs: Collection[tuple[str, str]]
    instants: Collection[tuple[str, str, datetime]]
    now: datetime


def read(system: System, rules: Rules, wanted: Callable[[Rules], Wanted]) -> Snapshot:
    """The wanted runs, their neighbours and the spans from the earliest wanted instant on, in one statement.

    `rules` may have been read before the lock was taken: the statement reads the organisation's again, and where they
    differ by then everything is read by the rules in force.
    """
    snapshot = _read(system, rules, wanted(rules))
    return snapshot if snapshot.rules == rules else _read(system, snapshot.rules, wanted(snapshot.rules))


def _read(system: System, rules: Rules, wanted: Wanted) -> Snapshot:
    statement = _Statement(system, rules)
    if wanted.runs:
        statement.add_runs(wanted.runs)
    if wanted.instants:
        statement.add_neighbours(wanted.instants)
    starts = [wanted.now, *(at for _, _, at in wanted.instants)]
    ends = [wanted.now, *(at + rules.freshness(test).window for test, _, at in wanted.instants)]
    statement.add_spans(min(starts), max(ends))
    statement.add_organisation_rules()
    return statement.run()


class _Statement:
    """A union of selects of one shape: kind, test, run_id, branch, three instants, level, generation."""

    def __init__(self, system: System, rules: Rules) -> None:
        self.system = system
        self.rules = rules
        self.parts: list[str] = []
        self.values: list[Any] = []

    def add_runs(self, runs: Collection[tuple[str, str]]) -> None:
        rows = ", ".join(["(%s, %s)"] * len(runs))
        self.parts.append(
            "SELECT 'run', test, run_id, branch, first_observed_at, first_executed_at, first_passed_at, 0, 0"
            f" FROM evidence_run WHERE system_id = %s AND (test, run_id) IN (VALUES {rows})"
        )
        self.values += [self.system.pk, *(value for pair in runs for value in pair)]

    def add_neighbours(self, instants: Collection[tuple[str, str, datetime]]) -> None:
        """For each instant the newest other run at or before it less G, and the oldest at or after it plus G."""
        self._add_side(instants, -1, "<=", "DESC")
        self._add_side(instants, 1, ">=", "ASC")

    def _add_side(
        self, instants: Collection[tuple[str, str, datetime]], direction: int, compare: str, order: str
    ) -> None:
        column = self.rules.time_column
        rows = ", ".join([_instant_row()] * len(instants))
        self.parts.append(
            f"SELECT 'neighbour', test, '', '', {column}, NULL, NULL, 0, 0 FROM evidence_run WHERE id IN ("
            f"SELECT (SELECT r.id FROM evidence_run r WHERE r.system_id = %s AND r.test = wanted.test"
            f" AND r.{column} {compare} wanted.cutoff AND r.run_id <> wanted.run_id{self._counts('r')}"
            f" ORDER BY r.{column} {order} LIMIT 1)"
            f" FROM (SELECT column1 AS test, column2 AS run_id, column3 AS cutoff"
            f" FROM (VALUES {rows}) AS listed) AS wanted)"
        )
        self.values.append(self.system.pk)
        if self.rules.counted_branch is not None:
            self.values.append(self.rules.counted_branch)
        for test, run_id, at in instants:
            self.values += [test, run_id, to_sql(at + direction * self.rules.freshness(test).repeat)]

    def _counts(self, alias: str) -> str:
        """The condition that a row carries its run's time under the rules."""
        if self.rules.counted_branch is not None:
            return f" AND {alias}.branch = %s"
        column = self.rules.time_column
        return (
            f" AND NOT EXISTS (SELECT 1 FROM evidence_run o WHERE o.system_id = {alias}.system_id"
            f" AND o.test = {alias}.test AND o.run_id = {alias}.run_id AND o.{column} < {alias}.{column})"
        )

    def add_spans(self, start: datetime, end: datetime) -> None:
        self.parts.append(
            "SELECT 'span', test, '', '', starts_at, ends_at, NULL, level, generation FROM evidence_span"
            " WHERE system_id = %s AND generation IN (%s, %s) AND ends_at >= %s AND starts_at <= %s"
        )
        pending = self.system.pending_generation
        own = self.system.generation
        self.values += [self.system.pk, own, own if pending is None else pending, to_sql(start), to_sql(end)]

    def add_organisation_rules(self) -> None:
        """Under the system's lock these can't change: whoever changes them locks every system concerned."""
        self.parts.append(
            "SELECT 'rules', credit, '', '', created_at, NULL, NULL, window_days, repeat_hours"
            " FROM accounts_organisation WHERE id = %s"
        )
        self.values.append(self.system.organisation_id)

    def run(self) -> Snapshot:
        snapshot = Snapshot(self.rules)
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(self.parts), self.values)
            for kind, test, run_id, branch, first, second, third, level, generation in cursor.fetchall():
                a, b, c = instant_from_sql(first), from_sql(second), from_sql(third)
                if kind == "run":
                    snapshot.runs[test, run_id, branch] = RunTimes(a, b, c)
                elif kind == "rules":
                    snapshot.rules = replace(self.rules, credit=test, window_days=level, repeat_hours=generation)
                elif kind == "neighbour":
                    snapshot.neighbours.setdefault(test, set()).add(a)
                else:
                    layers = snapshot.spans.setdefault(generation, {}).setdefault(test, {})
                    layers.setdefault(Level(level), []).append((a, instant_from_sql(second)))
        for of_generation in snapshot.spans.values():
            for layers in of_generation.values():
                for intervals in layers.values():
                    intervals.sort()
        return snapshot


def _instant_row() -> str:
    return "(%s, %s, %s::timestamptz)" if connection.vendor == "postgresql" else "(%s, %s, %s)"
