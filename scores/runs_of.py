"""How many runs lie in the windows of a system's tests, and when the newest ones were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from accounts.instants import from_sql
from accounts.statements import VENDOR, document, fetch, listed, to_sql
from evidence.rules_of import Rules, time_column

EXECUTED = time_column("executed")
OF_SYSTEM = "NOT (r.test = '')"
"""What the index of a system's runs demands of a statement that uses it."""
PASSED_LATER = "r.first_passed_at > r.first_executed_at"
"""The same of the index of those that were executed before they passed."""


@dataclass(frozen=True, slots=True)
class RunCount:
    """The runs of one test at an instant: how many lie in its window, and when the newest one was."""

    runs: int = 0
    last_run_at: datetime | None = None


def run_counts(system: int, rules: Rules, tests: Sequence[str], at: datetime) -> dict[str, RunCount]:
    """For each of these tests of a system, by its id, the runs in its window at `at` and its newest run until then.

    In one statement. Those with the usual window are counted by one stretch of the system's runs, which spares each a search
    of its own; one with a window of its own, or a single one, by a stretch of its runs.
    """
    branch = rules.counted_branch
    own = [system, to_sql(at), *(() if branch is None else (branch,))]
    windows = [(test, to_sql(_floor(at, rules.freshness(test).window))) for test in tests]
    together = sum(test not in rules.windows for test in tests) > 1
    alike = [window for window in windows if together and window[0] not in rules.windows]
    apart = [window for window in windows if not together or window[0] in rules.windows]
    since = alike[0][1] if alike else to_sql(at)
    in_window = [*own, since] if rules.time_column == EXECUTED else [*own, since, *own, since]
    counted = [document(alike), *in_window, document(apart), *own]
    rows = fetch(_statement(VENDOR, rules.time_column, branch is not None), [*own, *own, *counted])
    return {test: RunCount(runs, from_sql(newest)) for test, runs, newest in rows}


@lru_cache
def _statement(vendor: str, column: str, of_branch: bool) -> str:
    """Of each test in a list how many runs lie in its window, and when the newest one was.

    One stretch of an index holds a window and says all of those rows that are all there is of their run. Only where there are
    others, and `of_branch`, where each row of the branch is a run, the rows themselves are read.
    """
    own = _own(column, of_branch)
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
    alike = _counted_together(vendor, counts, _runs_in_window(column, of_branch))
    apart = _counted_apart(vendor, counts, f"{own} AND r.test = w.test AND r.{column} > w.since")
    return (
        f"SELECT c.test, c.single + CASE WHEN c.others > 0 THEN {of_several} ELSE 0 END,"
        f" CASE WHEN c.single > 0 AND c.others = 0 THEN c.newest ELSE {newest} END"
        f" FROM ({alike} UNION ALL {apart}) AS c"
    )


def _own(column: str, of_branch: bool) -> str:
    """Which rows are the system's, of the branch, until then."""
    return f"r.system_id = %s AND r.{column} <= %s{' AND r.branch = %s' if of_branch else ''}"


def _runs_in_window(column: str, of_branch: bool) -> str:
    """The relation of a system's runs in a window."""
    executed = f"evidence_run r WHERE {_own(EXECUTED, of_branch)} AND r.{EXECUTED} > %s AND {OF_SYSTEM}"
    if column == EXECUTED:
        return executed
    cells = f"SELECT r.test, r.{column}, r.several_branches FROM"
    later = f"evidence_run r WHERE {_own(column, of_branch)} AND r.{column} > %s AND {PASSED_LATER}"
    return f"({cells} {executed} AND r.{column} = r.{EXECUTED} UNION ALL {cells} {later}) AS r"


def _counted_together(vendor: str, counts: str, runs: str) -> str:
    """Each listed test, when its window begins, and what is counted of its runs among these of all tests."""
    # By the test alone SQLite would take the index that has this order, and read all runs of the system.
    counted = f"(SELECT r.test || '' AS test, {counts} FROM {runs} GROUP BY r.test || '')"
    found = "COALESCE(n.single, 0) AS single, COALESCE(n.others, 0) AS others, n.newest"
    return f"SELECT w.test, w.since, {found} FROM {_listed(vendor)} LEFT JOIN {counted} AS n ON n.test = w.test"


def _counted_apart(vendor: str, counts: str, window: str) -> str:
    """The same with a window for each of the listed tests, of whose runs no others are read."""
    if vendor == "postgresql":
        counted = f"(SELECT {counts} FROM evidence_run r WHERE {window})"
        return f"(SELECT w.test, w.since, n.* FROM {_listed(vendor)} CROSS JOIN LATERAL {counted} AS n OFFSET 0)"
    joined = f"{_listed(vendor)} LEFT JOIN evidence_run r ON {window}"
    return f"SELECT w.test, w.since, {counts} FROM {joined} GROUP BY w.test, w.since"


def _listed(vendor: str) -> str:
    return listed(vendor, "w", test="text", since="timestamptz")


def _floor(at: datetime, window: timedelta) -> datetime:
    """`at` less the window, or the first representable instant where that would be before it."""
    first = datetime.min.replace(tzinfo=at.tzinfo)
    return at - window if at - first > window else first
