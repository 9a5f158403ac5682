"""POST /results/ (contract, section 3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Scope
from assessments.models import System
from evidence.models import Check, Result
from rubric.loader import builtin
from tests.api.client import Api, faults, ok, problem
from tests.api.conftest import MakeApi
from tests.api.items import ago, item

pytestmark = pytest.mark.django_db
TESTS = list(builtin()["ml-test-score-2017"].tests)


def test_a_first_result_earns_manual_and_a_repeated_run_automated(api: Api, system: System) -> None:
    first = ok(api.post("/results/", item(observed_at=ago(days=1))), 201)
    assert first == {
        "accepted": 1,
        "duplicates": 0,
        "systems": [
            {
                "system": "fraud-scorer",
                "before": summary({}),
                "after": summary({"data": 0.5}),
                "changed": [{"test": "data-1", "from": "none", "to": "manual"}],
            }
        ],
    }
    second = ok(api.post("/results/", item(run_id="run-2", status="failed")), 201)
    assert second["systems"][0]["changed"] == [{"test": "data-1", "from": "manual", "to": "automated"}]
    assert second["systems"][0]["after"]["categories"]["data"] == 1


def summary(points: dict[str, float]) -> dict[str, Any]:
    categories = {"data": 0, "model": 0, "infra": 0, "monitor": 0, **points}
    limiting = [key for key, value in categories.items() if value == 0]
    return {
        "score": 0,
        "claimed": 0,
        "verified": 0,
        "band": builtin()["ml-test-score-2017"].bands[0].key,
        "limiting": limiting,
        "categories": categories,
    }


def test_a_posting_answers_201_then_200_for_the_same_again(api: Api, system: System) -> None:
    body = {
        "results": [item(metrics={"psi": 0.1}, observed_at="2026-01-01T01:00:00.1234567+01:00"), item(test="data-2")]
    }
    assert ok(api.post("/results/", body), 201)["accepted"] == 2
    same = {"results": [item(metrics={"psi": 0.10}, observed_at="2026-01-01T00:00:00.123456Z"), item(test="data-2")]}
    again = ok(api.post("/results/", same), 200)
    assert (again["accepted"], again["duplicates"]) == (0, 2)
    assert again["systems"][0]["changed"] == []
    assert Result.objects.count() == 2


def test_a_repeat_inside_one_body_is_a_duplicate(api: Api, system: System) -> None:
    answer = ok(api.post("/results/", {"results": [item(), item(message=None)]}), 201)
    assert (answer["accepted"], answer["duplicates"]) == (1, 1)


def test_systems_come_in_order_of_first_mention(api: Api, system: System, churn: System) -> None:
    body = {"results": [item(), item(system="churn"), item(run_id="run-2")]}
    answer = ok(api.post("/results/", body), 201)
    assert [each["system"] for each in answer["systems"]] == ["fraud-scorer", "churn"]


def test_everything_that_may_be_posted_is_listed_as_posted(api: Api, system: System) -> None:
    full = item(
        check="unit / data",
        observed_at="2026-01-01T00:00:00Z",
        message="Größe 漢字\nfine\ttoo",
        url="https://ci.example.org/runs/1?x=1#y",
        commit="abc",
        branch="main",
        pipeline="nightly",
        model_version="7",
        dataset_version="2026-01",
        metrics={"psi": 0.1, "rows": 12345678901234567890, "tiny": 1e-300, "huge": 1e300, "": -0.5},
    )
    ok(api.post("/results/", full), 201)
    listed = ok(api.get("/systems/fraud-scorer/results/"))
    assert listed["next"] is None
    (shown,) = listed["results"]
    assert {key: shown[key] for key in full} == full
    assert shown["voided"] is False
    assert shown["late"] is True
    assert isinstance(shown["id"], int)
    assert shown["received_at"].endswith("Z")


def test_null_in_an_optional_field_means_left_out(api: Api, system: System) -> None:
    optional = ("check", "observed_at", "message", "url", "commit", "branch", "pipeline", "metrics")
    ok(api.post("/results/", item(**dict.fromkeys(optional))), 201)
    (shown,) = ok(api.get("/systems/fraud-scorer/results/"))["results"]
    assert shown["check"] == "data-1"
    assert shown["message"] is None
    assert shown["late"] is False


def test_a_thousand_results_are_taken_at_once(api: Api, system: System) -> None:
    body = {"results": [item(run_id=str(index // 28), test=TESTS[index % 28]) for index in range(1000)]}
    assert ok(api.post("/results/", body), 201)["accepted"] == 1000


def test_observed_at_has_its_bounds(api: Api, system: System) -> None:
    ok(api.post("/results/", item(run_id="old", observed_at="2000-01-01T00:00:00Z")), 201)
    ok(api.post("/results/", item(run_id="soon", observed_at=ago(minutes=-4))), 201)
    assert faults(api.post("/results/", item(run_id="later", observed_at=ago(minutes=-6)))) == {"/observed_at"}


@pytest.mark.parametrize(
    "text",
    ["2026-01-01T00:00:00Z", "2026-01-01t00:00:00z", "2026-01-01 01:00:00+01:00", "2025-12-31T23:00:00.000000-01:00"],
)
def test_every_form_of_rfc_3339_is_read(api: Api, system: System, text: str) -> None:
    ok(api.post("/results/", item(observed_at=text)), 201)
    assert Result.objects.get().observed_at == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "failed"},
        {"message": "other"},
        {"url": "https://example.org/"},
        {"commit": "other"},
        {"branch": "other"},
        {"metrics": {"psi": 0.2}},
        {"metrics": None},
        {"observed_at": "2026-01-01T00:00:01Z"},
    ],
)
def test_other_content_under_the_same_identity_is_a_conflict(api: Api, system: System, change: dict[str, Any]) -> None:
    stored = item(observed_at="2026-01-01T00:00:00Z", metrics={"psi": 0.1})
    ok(api.post("/results/", stored), 201)
    assert faults(api.post("/results/", {**stored, **change}), 409) == {""}
    batch = {"results": [item(run_id="new"), {**stored, **change}]}
    assert faults(api.post("/results/", batch), 409) == {"/results/1"}
    assert Result.objects.count() == 1


def test_the_same_content_without_its_instant_is_a_duplicate(api: Api, system: System) -> None:
    ok(api.post("/results/", item(observed_at="2026-01-01T00:00:00Z")), 201)
    ok(api.post("/results/", item()), 200)


def test_a_fault_comes_before_a_conflict(api: Api, system: System) -> None:
    ok(api.post("/results/", item()), 201)
    body = {"results": [item(status="failed"), item(status="odd", run_id="r2")]}
    assert faults(api.post("/results/", body)) == {"/results/1/status"}
    assert faults(api.post("/results/", {"results": [item(status="failed"), item(test="x")]})) == {"/results/1/test"}


def test_a_check_belongs_to_one_test(api: Api, system: System, churn: System) -> None:
    ok(api.post("/results/", item(check="psi")), 201)
    assert faults(api.post("/results/", item(check="psi", test="data-2", run_id="r2"))) == {"/check"}
    ok(api.post("/results/", item(system="churn", check="psi", test="data-2")), 201)


@pytest.mark.parametrize("path", ["/results/?dry_run=true"])
def test_a_dry_run_checks_everything_and_stores_nothing(api: Api, system: System, path: str) -> None:
    answer = ok(api.post(path, item()), 200)
    assert answer["accepted"] == 1
    assert answer["systems"][0]["changed"] == [{"test": "data-1", "from": "none", "to": "manual"}]
    assert not Result.objects.exists()
    assert not Check.objects.exists()
    assert faults(api.post(path, item(status="odd"))) == {"/status"}
    ok(api.post("/results/?dry_run=false", item()), 201)
    problem(api.post(path, item(status="failed")), 409)
    assert ok(api.post(path, item()), 200)["duplicates"] == 1


@pytest.mark.parametrize("value", ["1", "yes", "", "TRUE", "%00", "true&dry_run=false"])
def test_a_malformed_dry_run_is_at_fault(api: Api, system: System, value: str) -> None:
    assert faults(api.post(f"/results/?dry_run={value}", item())) == {"?dry_run"}
    assert not Result.objects.exists()


def test_a_misspelt_dry_run_stores_nothing(api: Api, system: System) -> None:
    assert faults(api.post("/results/?dryrun=true", item())) == {"?dryrun"}
    assert not Result.objects.exists()


def test_a_bound_token_may_leave_the_system_out_and_sees_no_other(
    make_api: MakeApi, system: System, churn: System
) -> None:
    bound = make_api(Scope.RESULTS_WRITE, system=system)
    short = item()
    del short["system"]
    answer = ok(bound.post("/results/", {"results": [short, item(system=None, run_id="r2"), item(run_id="r3")]}), 201)
    assert [each["system"] for each in answer["systems"]] == ["fraud-scorer"]
    assert faults(bound.post("/results/", item(system="churn"))) == {"/system"}


def test_results_may_name_a_test_of_any_edition_that_the_system_has_had(api: Api, system: System) -> None:
    ok(api.patch("/systems/fraud-scorer/", {"rubric": "key-principles"}))
    answer = ok(api.post("/results/", item()), 201)
    assert answer["systems"][0]["changed"] == []
    (test, *_) = builtin()["key-principles"].tests
    ok(api.post("/results/", item(test=test)), 201)


@pytest.mark.parametrize("count", [1, 28])
def test_a_posting_takes_at_most_8_statements(api: Api, system: System, count: int) -> None:
    """All of them: authentication, the time of the token's last use, the bounds of the transaction.

    One more where the band turned: the row by which people hear of it.
    """
    for run in ("first", "second", "third"):
        body = {"results": [item(test=test, run_id=run) for test in TESTS[:count]]}
        with CaptureQueriesContext(connection) as queries:
            [changed] = ok(api.post("/results/", body), 201)["systems"]
        turned = changed["before"]["band"] != changed["after"]["band"]
        assert len(queries) <= 8 + turned, "\n".join(query["sql"][:200] for query in queries)
