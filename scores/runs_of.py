"""How many runs lie in the windows of a system's tests, and when the newest ones were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from accounts.instants import from_sql
from accounts.statements import VENDOR, document, fetch, listed, to_sql
from assessments.models import System
from evidence.rules_of import Rules


@dataclass(frozen=True, slots=True)
class RunCount:
    """The runs of one test at an instant: how many lie in its window, and when the newest one was."""

    runs: int = 0
    last_run_at: datetime | None = None


def run_counts(system: System, rules: Rules, tests: Sequence[str], at: datetime) -> dict[str, RunCount]:
    """For each of these tests the runs in its window at `at` and its newest run until then, in one statement."""
    branch = rules.counted_branch
    own = [system.pk, to_sql(at), *(() if branch is None else (branch,))]
    windows = document([(test, to_sql(_floor(at, rules.freshness(test).window))) for test in tests])
    rows = fetch(_statement(VENDOR, rules.time_column, branch is not None), [*own, *own, windows, *own])
    return {test: RunCount(runs, from_sql(newest)) for test, runs, newest in rows}


@lru_cache
def _statement(vendor: str, column: str, of_branch: bool) -> str:
    """Of each test in a list how many runs lie in its window, and when the newest one was.

    One stretch of an index holds a test's window and says all of those rows that are all there is of their run. Only where
    there are others, and `of_branch`, where each row of the branch is a run, the rows themselves are read.
    """
    own = f"r.system_id = %s AND r.{column} <= %s{' AND r.branch = %s' if of_branch else ''}"
    # As a condition that an index serves, it would let PostgreSQL choose one of another column and read all runs of the test.
    several = "false" if of_branch else "coalesce(r.several_branches, false)"
    earliest = (
        "NOT EXISTS (SELECT 1 FROM evidence_run o WHERE o.system_id = r.system_id AND o.test = r.test"
        f" AND o.run_id = r.run_id AND o.{column} < r.{column})"
    )
    of_several = (
        f"(SELECT COUNT(DISTINCT r.run_id) FROM evidence_run r WHERE {own} AND r.test = c.test AND r.{column} > c.since"
        f" AND {several} AND {earliest})"
    )
    newest = (
        f"(SELECT r.{column} FROM evidence_run r WHERE {own} AND r.test = c.test AND (NOT {several} OR {earliest})"
        f" ORDER BY r.{column} DESC LIMIT 1)"
    )
    counts = (
        f"COUNT(r.{column}) FILTER (WHERE NOT {several}) AS single, COUNT(r.{column}) FILTER (WHERE {several}) AS others,"
        f" MAX(r.{column}) AS newest"
    )
    window = f"{own} AND r.test = w.test AND r.{column} > w.since"
    return (
        f"SELECT c.test, c.single + CASE WHEN c.others > 0 THEN {of_several} ELSE 0 END,"
        f" CASE WHEN c.single > 0 AND c.others = 0 THEN c.newest ELSE {newest} END"
        f" FROM {_counted(vendor, counts, window)} AS c"
    )


def _counted(vendor: str, counts: str, window: str) -> str:
    """Each listed test, when its window begins, and what is counted of the runs in it."""
    listing = listed(vendor, "w", test="text", since="timestamptz")
    if vendor == "postgresql":
        counted = f"(SELECT {counts} FROM evidence_run r WHERE {window})"
        return f"(SELECT w.test, w.since, n.* FROM {listing} CROSS JOIN LATERAL {counted} AS n OFFSET 0)"
    joined = f"{listing} LEFT JOIN evidence_run r ON {window}"
    return f"(SELECT w.test, w.since, {counts} FROM {joined} GROUP BY w.test, w.since)"


def _floor(at: datetime, window: timedelta) -> datetime:
    """`at` less the window, or the first representable instant where that would be before it."""
    first = datetime.min.replace(tzinfo=at.tzinfo)
    return at - window if at - first > window else first
