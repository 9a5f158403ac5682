"""Model versions: which are known, what ran on one, and whether it is ready. On both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from accounts.actors import Actor
from assessments.models import System
from evidence.models import Check, ModelVersion, Result
from evidence.posting import PostedResult
from evidence.recording import record_results
from evidence.retention import sweep
from evidence.voiding import void_result
from scores.versions import Readiness, newest_statement, readiness
from tests.factories import DAY, HOUR, assess, make_organisation, make_system

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def system() -> System:
    """A system that claims two tests."""
    made = make_system(make_organisation(), NOW - 200 * DAY)
    assess(made, NOW - 100 * DAY, {"data-1": "manual", "model-2": "automated"})
    return made


def post(
    system: System,
    test: str,
    status: str = "passed",
    *,
    age: int = 1,
    check: str = "",
    version: str = "v7",
    **values: Any,
) -> None:
    """One result, `age` hours old at NOW, of a run of its own."""
    posted = PostedResult(
        system=system.slug,
        test=test,
        check=check or test,
        run_id=f"{version} {age}",
        status=status,
        observed_at=NOW - age * HOUR,
        model_version=version,
        **values,
    )
    record_results(actor=Actor(system.organisation), results=[posted], received_at=NOW)


def found(system: System, version: str = "v7") -> Readiness:
    return readiness(system, ModelVersion.objects.get(system=system, name=version), NOW)


def keys(tests: Any) -> list[str]:
    return [each.test.key for each in tests]


def test_a_version_is_ready_when_each_test_with_a_level_passed_on_it(system: System) -> None:
    post(system, "data-1")
    half = found(system)
    assert (half.ready, keys(half.required), keys(half.missing)) == (False, ["data-1", "model-2"], ["model-2"])
    post(system, "model-2", version="v6")
    assert not found(system).ready
    post(system, "model-2")
    assert found(system).ready


@pytest.mark.parametrize("status", ["failed", "error"])
def test_a_failure_of_any_test_keeps_it_from_being_ready(system: System, status: str) -> None:
    for test in ("data-1", "model-2", "infra-3"):
        post(system, test, status, age=9)
        post(system, test, age=8)
    assert found(system).ready
    post(system, "infra-3", status, age=7)
    blocked = found(system)
    assert (blocked.ready, keys(blocked.failing), blocked.failing[0].outcome) == (False, ["infra-3"], status)


def test_of_each_check_the_newest_result_counts_and_the_worst_check_decides(system: System) -> None:
    post(system, "model-2", check="auc", age=5)
    post(system, "model-2", "failed", check="recall", age=4)
    post(system, "data-1", "failed", age=3)
    post(system, "data-1", "skipped", age=2)
    assert keys(found(system).failing) == ["data-1", "model-2"]
    worst = found(system).failing[1].results
    assert [(each.check_of.name, each.status) for each in worst] == [("recall", "failed"), ("auc", "passed")]
    void_result(
        actor=Actor(system.organisation),
        result_id=Result.objects.get(check_of__name="recall").pk,
        reason="Wrong.",
        at=NOW,
    )
    assert keys(found(system).failing) == ["data-1"]


def test_other_branches_than_the_counted_one_say_nothing(system: System) -> None:
    for test in ("data-1", "model-2"):
        post(system, test, age=2, branch="main")
        post(system, test, "failed", age=1, branch="try")
    assert not found(system).ready
    System.objects.filter(pk=system.pk).update(counted_branch="main")
    assert found(System.objects.select_related("organisation").get(pk=system.pk)).ready


def test_nothing_to_pass_is_not_ready() -> None:
    bare = make_system(make_organisation(), NOW - DAY)
    post(bare, "data-1", "skipped")
    assert (found(bare).required, found(bare).ready) == ([], False)


def test_provenance_is_that_of_the_results_the_verdict_rests_on(system: System) -> None:
    post(system, "data-1", age=3, commit="a1", dataset_version="d1")
    post(system, "data-1", age=2, commit="a2", dataset_version="d1")
    post(system, "model-2", age=1, commit="a3", dataset_version="d1")
    assert (found(system).seen("commit"), found(system).seen("dataset_version")) == (["a3", "a2"], ["d1"])


def test_versions_are_noted_as_results_arrive_in_any_order(system: System) -> None:
    for age in (5, 9, 7):
        post(system, "data-1", age=age)
    post(system, "data-1", age=6, version="v8")
    post(system, "data-1", age=4, version="")
    noted = ModelVersion.objects.filter(system=system).order_by("name")
    assert [(each.name, each.first_observed_at, each.newest_observed_at) for each in noted] == [
        ("v7", NOW - 9 * HOUR, NOW - 5 * HOUR),
        ("v8", NOW - 6 * HOUR, NOW - 6 * HOUR),
    ]


def test_it_says_when_retention_removed_results(system: System) -> None:
    years = 24 * 365
    post(system, "data-1", version="v1", age=4 * years)
    post(system, "data-1", version="v2", age=3 * years)
    post(system, "data-1")
    assert not found(system, "v1").removed
    assert list(sweep(NOW)) == [1]
    kept = System.objects.select_related("organisation").get(pk=system.pk)
    assert (found(kept, "v1").removed, found(kept, "v1").untold, found(kept, "v1").ready) == (True, True, False)
    assert (found(kept, "v2").removed, found(kept, "v2").untold) == (True, False)
    assert not found(kept).removed


ROWS = 6000
OWN = 40


def test_only_a_few_rows_of_the_version_are_touched(system: System) -> None:
    """Among many results of other versions and older ones of its own: no table is read, and no version's all results."""
    names = [f"check {number}" for number in range(4)]
    Check.objects.bulk_create(Check(system=system, name=name, test="data-1") for name in names)
    checks = list(Check.objects.filter(system=system))
    Result.objects.bulk_create(
        Result(
            system=system,
            check_of=checks[number % 4],
            run_id=str(number),
            status="passed",
            observed_at=NOW - number * HOUR,
            received_at=NOW,
            model_version="v7" if number % (ROWS // OWN) < 4 else f"other {number % 9}",
        )
        for number in range(ROWS)
    )
    sql, values = newest_statement(system, "v7")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            steps = [
                row[3] for row in cursor.fetchall() if "evidence_result" in row[3] or row[3].startswith("SEARCH r")
            ]
            assert steps and all("result_of_model_version" in step for step in steps), steps
            return
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)
        (plan,) = cursor.fetchone()
    nodes = list(scans((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]))
    assert {node["Index Name"] for node in nodes} == {"result_of_model_version"}
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in nodes) <= 4 * len(names)


def scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The nodes of a plan that read results."""
    if node.get("Relation Name") == "evidence_result":
        yield node
    for child in node.get("Plans", []):
        yield from scans(child)
