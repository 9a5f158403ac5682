"""How the evidence of a system's tests stands at an instant: runs in the window, the newest run, health."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When

from accounts.statements import to_sql
from assessments.models import System
from evidence.instants import from_sql
from evidence.models import Check, Result, Status
from evidence.rules_of import Rules
from scores.score import Health

NewestResult = tuple[str, str, datetime | None]


@dataclass(frozen=True, slots=True)
class RunCount:
    """The runs of one test at an instant: how many lie in its window, and when the newest one was."""

    runs: int = 0
    last_run_at: datetime | None = None


def run_counts(system: System, rules: Rules, tests: list[str], at: datetime) -> dict[str, RunCount]:
    """For each of these tests the runs in its window at `at` and its newest run until then, in one statement."""
    column = rules.time_column
    counted = f"r.system_id = %s AND r.test = wanted.test AND r.{column} <= %s"
    values_of_counted: list[Any] = [system.pk, to_sql(at)]
    if rules.counted_branch is not None:
        counted += " AND r.branch = %s"
        values_of_counted.append(rules.counted_branch)
    row = "(%s, %s::timestamptz)" if connection.vendor == "postgresql" else "(%s, %s)"
    rows = ", ".join([row] * len(tests))
    sql = (
        f"SELECT wanted.test,"
        f" (SELECT COUNT(DISTINCT r.run_id) FROM evidence_run r WHERE {counted} AND r.{column} > wanted.cutoff"
        f"{_not_later('r', column, rules)}),"
        f" (SELECT r.{column} FROM evidence_run r WHERE {counted}{_not_later('r', column, rules)}"
        f" ORDER BY r.{column} DESC LIMIT 1)"
        f" FROM (SELECT column1 AS test, column2 AS cutoff FROM (VALUES {rows}) AS listed) AS wanted"
    )
    windows = [_floor(at, rules.freshness(test).window) for test in tests]
    values = [*values_of_counted, *values_of_counted]
    for test, since in zip(tests, windows, strict=True):
        values += [test, to_sql(since)]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return {test: RunCount(runs, from_sql(last)) for test, runs, last in cursor.fetchall()}


def _not_later(alias: str, column: str, rules: Rules) -> str:
    """Without a counted branch a run may have a row on several branches: only the earliest is its time."""
    if rules.counted_branch is not None:
        return ""
    return (
        f" AND NOT EXISTS (SELECT 1 FROM evidence_run o WHERE o.system_id = {alias}.system_id"
        f" AND o.test = {alias}.test AND o.run_id = {alias}.run_id AND o.{column} < {alias}.{column})"
    )


def _floor(at: datetime, window: timedelta) -> datetime:
    """`at` less the window, or the first representable instant where that would be before it."""
    first = datetime.min.replace(tzinfo=at.tzinfo)
    return at - window if at - first > window else first


def health(system: System, rules: Rules, at: datetime) -> dict[str, Health]:
    """The health of every test of the system that has a check, at `at`."""
    return fold_health(newest_results([system], at)[system.pk], rules, at)


def newest_results(systems: Sequence[System], at: datetime) -> dict[int, list[NewestResult]]:
    """By system id, (test, status, observed_at) of each check's newest result at `at` that was not skipped, in one query.

    Checks know their newest result; only where it lies in the future of `at` are results read.
    """
    then = (
        Result.objects.counted()
        .filter(check_of=OuterRef("pk"), observed_at__lte=at)
        .exclude(status=Status.SKIPPED)
        .order_by("-observed_at", "-received_at", "-id")
    )
    rows = (
        Check.objects.filter(system__in=[system.pk for system in systems])
        .annotate(status_then=_unless_later("newest_status", then, at))
        .annotate(observed_then=_unless_later("newest_observed_at", then, at))
        .values_list("system_id", "test", "status_then", "observed_then")
    )
    found: dict[int, list[NewestResult]] = {system.pk: [] for system in systems}
    for system_id, test, status, observed_at in rows:
        found[system_id].append((test, status, observed_at))
    return found


def _unless_later(column: str, then: QuerySet[Result], at: datetime) -> Case:
    """What the check knows of its newest result, unless that is later than `at`: then the same of the newest by then."""
    of_result = Subquery(then.values(column.removeprefix("newest_"))[:1])
    return Case(When(newest_observed_at__gt=at, then=of_result), default=F(column))


def fold_health(rows: Sequence[NewestResult], rules: Rules, at: datetime) -> dict[str, Health]:
    """Health by test from (test, status, observed_at) of each check's newest result: one that did not pass is enough."""
    statuses: Mapping[str, set[str]] = defaultdict(set)
    for test, status, observed_at in rows:
        if observed_at is not None and at - observed_at < rules.freshness(test).window:
            statuses[test].add(status)
    return {
        test: Health.PASSING if found == {Status.PASSED.value} else Health.FAILING for test, found in statuses.items()
    }


def failing_checks(rows: Sequence[NewestResult], rules: Rules, at: datetime) -> int:
    """How many checks are failing at `at`: those whose newest result lies in the window and did not pass."""
    return sum(
        status != Status.PASSED
        for test, status, observed_at in rows
        if observed_at is not None and at - observed_at < rules.freshness(test).window
    )
