"""How many runs lie in the windows of a system's tests, and when the newest ones were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.instants import from_sql
from accounts.statements import to_sql
from assessments.models import System
from evidence.rules_of import Rules


@dataclass(frozen=True, slots=True)
class RunCount:
    """The runs of one test at an instant: how many lie in its window, and when the newest one was."""

    runs: int = 0
    last_run_at: datetime | None = None


def run_counts(system: System, rules: Rules, tests: Sequence[str], at: datetime) -> dict[str, RunCount]:
    """For each of these tests the runs in its window at `at` and its newest run until then, in one statement.

    One stretch of an index holds what lies in the usual window, whatever the tests; a test with a window of its own is
    counted apart, and so is the only one.
    """
    apart = [test for test in tests if test in rules.windows or len(tests) == 1]
    parts = [_in_window(system, rules, rules.freshness(test).window, at, "r.test = %s", [test]) for test in apart]
    if len(apart) < len(tests):
        usual = timedelta(days=rules.window_days)
        others = f" AND r.test NOT IN ({', '.join(['%s'] * len(apart))})" if apart else ""
        for several in (False, True):
            chosen = f"r.several_branches = {str(several).lower()}{others}"
            parts.append(_in_window(system, rules, usual, at, chosen, apart, single=not several))
    column = rules.time_column
    sql = (
        f"SELECT wanted.test, counted.runs, COALESCE(counted.newest, (SELECT r.{column} FROM evidence_run r"
        f" WHERE r.system_id = %s AND r.test = wanted.test AND r.{column} <= %s{_timed(rules)}"
        f" ORDER BY r.{column} DESC LIMIT 1))"
        f" FROM (SELECT column1 AS test FROM (VALUES {', '.join(['(%s)'] * len(tests))}) AS listed) AS wanted"
        " LEFT JOIN (SELECT part.test, SUM(part.runs) AS runs, MAX(part.newest) AS newest"
        f" FROM ({' UNION ALL '.join(part for part, _ in parts)}) AS part GROUP BY part.test) AS counted"
        " ON counted.test = wanted.test"
    )
    values = [system.pk, to_sql(at), *_branch(rules), *tests, *(value for _, own in parts for value in own)]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return {test: RunCount(int(runs or 0), from_sql(newest)) for test, runs, newest in rows}


def _in_window(
    system: System,
    rules: Rules,
    window: timedelta,
    at: datetime,
    chosen: str,
    values: Sequence[str],
    *,
    single: bool = False,
) -> tuple[str, list[Any]]:
    """A select of the runs in the window and the newest of them by test, and its values.

    Of the rows that the condition `chosen` leaves, with `values` in it. `single` tells that each is all there is of its run;
    to count these, the index says all.
    """
    column = rules.time_column
    counted = "COUNT(*)" if single else "COUNT(DISTINCT r.run_id)"
    timed = "" if single and rules.counted_branch is None else _timed(rules)
    sql = (
        f"SELECT r.test, {counted} AS runs, MAX(r.{column}) AS newest FROM evidence_run r"
        f" WHERE r.system_id = %s AND {chosen} AND r.{column} > %s AND r.{column} <= %s{timed} GROUP BY r.test"
    )
    return sql, [system.pk, *values, to_sql(_floor(at, window)), to_sql(at), *(_branch(rules) if timed else ())]


def _branch(rules: Rules) -> tuple[str, ...]:
    return () if rules.counted_branch is None else (rules.counted_branch,)


def _timed(rules: Rules) -> str:
    """Which rows carry their run's time: those of the counted branch, else the earliest of each run."""
    if rules.counted_branch is not None:
        return " AND r.branch = %s"
    column = rules.time_column
    return (
        " AND (r.several_branches = false OR NOT EXISTS (SELECT 1 FROM evidence_run o WHERE o.system_id = r.system_id"
        f" AND o.test = r.test AND o.run_id = r.run_id AND o.{column} < r.{column}))"
    )


def _floor(at: datetime, window: timedelta) -> datetime:
    """`at` less the window, or the first representable instant where that would be before it."""
    first = datetime.min.replace(tzinfo=at.tzinfo)
    return at - window if at - first > window else first
