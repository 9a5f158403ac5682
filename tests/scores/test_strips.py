"""The last results of each check: which they are, and that their number does not follow that of all results."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import Actor
from assessments.models import System
from evidence.models import Check, Result
from evidence.posting import PostedResult
from evidence.recording import record_results
from evidence.voiding import void_result
from scores.strips import CHECKS_SHOWN, RESULTS_SHOWN, histories, page_of_checks
from tests.factories import DAY, HOUR, make_organisation, make_system, nightly, post

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def system() -> System:
    return make_system(make_organisation(), NOW - 200 * DAY)


def checks_of(system: System) -> list[Check]:
    return list(Check.objects.filter(system=system).order_by("name"))


def test_each_check_has_its_last_results_in_one_statement(system: System) -> None:
    post(system, ["data-1", "data-2"], nightly(NOW - 60 * DAY, NOW), NOW, metrics={"rows": 7})
    post(system, ["model-1"], [NOW - DAY], NOW)
    checks = checks_of(system)
    with CaptureQueriesContext(connection) as queries:
        found = histories(checks, NOW - 10 * DAY)
    assert len(queries) == 1
    data, _, model = found
    assert ([each.check.name for each in found], data.more, model.more) == (
        ["data-1", "data-2", "model-1"],
        True,
        False,
    )
    times = [result.observed_at for result in data.results]
    assert times == nightly(NOW - 10 * DAY - (RESULTS_SHOWN - 1) * DAY, NOW - 9 * DAY)
    assert data.results[0].metrics == {"rows": 7} and data.newest == data.results[-1]
    assert (model.results, model.newest) == ([], None)
    assert histories([], NOW) == []


def test_the_newest_says_something(system: System) -> None:
    for hours, status in ((4, "passed"), (3, "failed"), (2, "error"), (1, "skipped")):
        post(system, ["data-1"], [NOW - hours * HOUR], NOW, status=status)
    broken = Result.objects.get(status="error")
    void_result(actor=Actor(system.organisation), result_id=broken.pk, reason="Disk full.", at=NOW)
    (found,) = histories(checks_of(system), NOW)
    assert [result.status for result in found.results] == ["passed", "failed", "error", "skipped"]
    assert found.newest is not None and found.newest.status == "failed"


def test_checks_that_do_not_pass_come_first(system: System) -> None:
    names = [f"check {number:02}" for number in range(CHECKS_SHOWN + 1)]
    posted = [
        PostedResult(system.slug, "data-1", "1", "failed" if name == names[-1] else "passed", name, NOW)
        for name in names
    ]
    record_results(actor=Actor(system.organisation), results=posted, received_at=NOW)
    first, more = page_of_checks(checks_of(system), 1)
    second, rest = page_of_checks(checks_of(system), 2)
    assert ([check.name for check in first], more) == ([names[-1], *names[: CHECKS_SHOWN - 1]], True)
    assert ([check.name for check in second], rest) == ([names[CHECKS_SHOWN - 1]], False)
    assert page_of_checks(checks_of(system), 3) == ([], False)


def test_results_are_read_in_the_order_of_an_index(system: System) -> None:
    post(system, ["data-1", "data-2"], nightly(NOW - 60 * DAY, NOW), NOW)
    checks = checks_of(system)
    with CaptureQueriesContext(connection) as queries:
        histories(checks, NOW)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # What the index can do, whatever so few rows, and statistics of other tests' rows, let the planner prefer.
            cursor.execute("ANALYZE evidence_result")
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )
            cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert plan.count("result_newest_of_check") == 2
    assert "Sort" not in plan and "TEMP B-TREE" not in plan
