"""POST /results/, their listing and their voiding (contract, section 3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Scope
from assessments.models import System
from evidence.models import Check, Result
from rubric.loader import builtin
from tests.api.client import Api, faults, ok, problem
from tests.api.conftest import MakeApi

pytestmark = pytest.mark.django_db
TESTS = list(builtin()["ml-test-score-2017"].tests)


def item(**values: Any) -> dict[str, Any]:
    return {"system": "fraud-scorer", "test": "data-1", "run_id": "run-1", "status": "passed", **values}


def ago(**delta: float) -> str:
    return (timezone.now() - timedelta(**delta)).isoformat()


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


WRONG_ITEMS = [
    ({"test": None}, "/test"),
    ({"run_id": None}, "/run_id"),
    ({"status": None}, "/status"),
    ({"system": None}, "/system"),
    ({"system": "nope"}, "/system"),
    ({"system": "secret"}, "/system"),
    ({"system": "Fraud-Scorer"}, "/system"),
    ({"system": 7}, "/system"),
    ({"system": ""}, "/system"),
    ({"test": "data-99"}, "/test"),
    ({"test": ["data-1"]}, "/test"),
    ({"test": ""}, "/test"),
    ({"run_id": ""}, "/run_id"),
    ({"run_id": "r" * 201}, "/run_id"),
    ({"run_id": 17}, "/run_id"),
    ({"status": "PASSED"}, "/status"),
    ({"status": True}, "/status"),
    ({"check": ""}, "/check"),
    ({"check": "c" * 301}, "/check"),
    ({"check": {}}, "/check"),
    ({"observed_at": "2026-01-01T00:00:00"}, "/observed_at"),
    ({"observed_at": "2026-01-01"}, "/observed_at"),
    ({"observed_at": "2026-W01-1T00:00:00Z"}, "/observed_at"),
    ({"observed_at": "20260101T000000Z"}, "/observed_at"),
    ({"observed_at": "2026-02-30T00:00:00Z"}, "/observed_at"),
    ({"observed_at": "2026-01-01T24:00:00Z"}, "/observed_at"),
    ({"observed_at": "2026-01-01T00:00:00+24:00"}, "/observed_at"),
    ({"observed_at": "2026-01-01T00:00:00+0100"}, "/observed_at"),
    ({"observed_at": "2026-01-01T00:00Z"}, "/observed_at"),
    ({"observed_at": "2026-01-01T00:00:00.Z"}, "/observed_at"),
    ({"observed_at": "٢٠٢٦-01-01T00:00:00Z"}, "/observed_at"),
    ({"observed_at": "0001-01-01T00:00:00+14:00"}, "/observed_at"),
    ({"observed_at": "0000-01-01T00:00:00Z"}, "/observed_at"),
    ({"observed_at": "9999-12-31T23:59:59-14:00"}, "/observed_at"),
    ({"observed_at": "1999-12-31T23:59:59.999999Z"}, "/observed_at"),
    ({"observed_at": 1767225600}, "/observed_at"),
    ({"observed_at": ""}, "/observed_at"),
    ({"message": "m" * 2001}, "/message"),
    ({"message": 1}, "/message"),
    ({"url": "ftp://example.org/"}, "/url"),
    ({"url": "javascript:alert(1)"}, "/url"),
    ({"url": "https://"}, "/url"),
    ({"url": "https:///path"}, "/url"),
    ({"url": "https://[::1"}, "/url"),
    ({"url": "https://example.org:port/"}, "/url"),
    ({"url": "https://exa mple.org/"}, "/url"),
    ({"url": "example.org"}, "/url"),
    ({"url": ""}, "/url"),
    ({"url": "https://example.org/" + "u" * 2000}, "/url"),
    ({"commit": "c" * 201}, "/commit"),
    ({"branch": 1}, "/branch"),
    ({"pipeline": []}, "/pipeline"),
    ({"model_version": 2.0}, "/model_version"),
    ({"dataset_version": "d" * 201}, "/dataset_version"),
    ({"metrics": []}, "/metrics"),
    ({"metrics": "0.1"}, "/metrics"),
    ({"metrics": {"ok": True}}, "/metrics/ok"),
    ({"metrics": {"text": "1"}}, "/metrics/text"),
    ({"metrics": {"none": None}}, "/metrics/none"),
    ({"metrics": {"a/b~c": []}}, "/metrics/a~1b~0c"),
    ({"metrics": {str(number): number for number in range(51)}}, "/metrics"),
    ({"severity": "high"}, "/severity"),
    ({"observed": "x"}, "/observed"),
]


@pytest.mark.parametrize(("change", "pointer"), WRONG_ITEMS)
def test_a_wrong_item_is_named_alone_and_in_a_batch(
    api: Api, system: System, foreign: System, change: dict[str, Any], pointer: str
) -> None:
    wrong = item(**change)
    assert faults(api.post("/results/", wrong)) == {pointer}
    batch = {"results": [item(run_id="fine"), wrong, item(run_id="fine too")]}
    assert faults(api.post("/results/", batch)) == {f"/results/1{pointer}"}
    assert not Result.objects.exists()


@pytest.mark.parametrize("name", ["test", "run_id", "status"])
def test_a_required_field_that_is_missing_is_named(api: Api, system: System, name: str) -> None:
    wrong = item()
    del wrong[name]
    assert faults(api.post("/results/", wrong)) == {f"/{name}"}
    assert faults(api.post("/results/", {"results": [wrong]})) == {f"/results/0/{name}"}


@pytest.mark.parametrize("not_an_item", [None, 1, "x", [], True])
def test_an_item_that_is_no_object_is_named(api: Api, system: System, not_an_item: Any) -> None:
    assert faults(api.post("/results/", {"results": [item(), not_an_item]})) == {"/results/1"}


def test_every_fault_of_every_item_is_named_at_once(api: Api, system: System) -> None:
    body = {
        "results": [
            item(status="odd", run_id=""),
            item(test="data-99"),
            item(system="nope", status="odd"),
            item(run_id="r2", check="shared"),
            item(run_id="r3", check="shared", test="data-2"),
            item(test="data-98", url="x"),
        ]
    }
    assert faults(api.post("/results/", body)) == {
        "/results/0/status",
        "/results/0/run_id",
        "/results/1/test",
        "/results/2/system",
        "/results/2/status",
        "/results/4/check",
        "/results/5/test",
        "/results/5/url",
    }
    assert not Check.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"results": []}, {"/results"}),
        ({"results": None}, {"/results"}),
        ({"results": {}}, {"/results"}),
        ({"results": [item(run_id=str(index)) for index in range(1001)]}, {"/results"}),
        ({"results": [item()], "system": "fraud-scorer"}, {"/system"}),
        ({"results": [item(test="data-99")], "extra": 1}, {"/extra", "/results/0/test"}),
        ({}, {"/system", "/test", "/run_id", "/status"}),
    ],
)
def test_a_wrong_frame_is_at_fault(api: Api, system: System, body: dict[str, Any], pointers: set[str]) -> None:
    assert faults(api.post("/results/", body)) == pointers
    assert not Result.objects.exists()


def test_lengths_count_characters_and_their_limits_are_allowed(api: Api, system: System) -> None:
    longest = item(
        run_id="\U0001f600" * 200,
        check="é" * 300,
        message="漢" * 2000,
        url="https://example.org/" + "u" * 1980,
        commit="c" * 200,
        metrics={str(number): number for number in range(50)},
    )
    ok(api.post("/results/", longest), 201)
    assert ok(api.post("/results/", longest), 200)["duplicates"] == 1


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


def test_results_are_listed_newest_first_and_filtered(api: Api, system: System, churn: System) -> None:
    posted = [
        item(run_id="a", observed_at="2026-01-01T00:00:00Z"),
        item(run_id="b", observed_at="2026-01-03T00:00:00Z", status="failed"),
        item(run_id="c", observed_at="2026-01-02T00:00:00Z", test="data-2", check="x/y z"),
        item(run_id="d", observed_at="2026-01-03T00:00:00Z"),
        item(run_id="a", system="churn"),
    ]
    ok(api.post("/results/", {"results": posted}), 201)

    def runs(query: str) -> list[str]:
        return [each["run_id"] for each in ok(api.get(f"/systems/fraud-scorer/results/{query}"))["results"]]

    assert runs("") == ["d", "b", "c", "a"]
    assert runs("?test=data-2") == ["c"]
    assert runs("?check=x/y%20z") == ["c"]
    assert runs("?run_id=a") == ["a"]
    assert runs("?status=failed") == ["b"]
    assert runs("?status=failed&test=data-2") == []
    assert runs("?test=nope&unknown=1") == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("status=odd", "status"),
        ("test=%00", "test"),
        ("check=a&check=b", "check"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
    ],
)
def test_a_malformed_filter_is_at_fault(api: Api, system: System, query: str, name: str) -> None:
    assert faults(api.get(f"/systems/fraud-scorer/results/?{query}")) == {f"?{name}"}


def test_pages_follow_each_other_without_loss(api: Api, system: System) -> None:
    at = "2026-01-01T00:00:00Z"
    body = {"results": [item(run_id=str(index), observed_at=at) for index in range(250)]}
    ok(api.post("/results/", body), 201)
    seen: list[str] = []
    url: str | None = "http://testserver/api/v1/systems/fraud-scorer/results/?status=passed"
    while url:
        page = ok(api.get(url.removeprefix("http://testserver/api/v1")))
        seen += [each["run_id"] for each in page["results"]]
        url = page["next"]
        assert url is None or "status=passed" in url
    assert seen == [str(index) for index in reversed(range(250))]


def test_a_cursor_of_another_list_is_at_fault(api: Api, system: System) -> None:
    ok(api.post("/results/", {"results": [item(run_id=str(index)) for index in range(101)]}), 201)
    cursor = ok(api.get("/systems/fraud-scorer/results/"))["next"].partition("cursor=")[2]
    assert faults(api.get(f"/systems/?cursor={cursor}")) == {"?cursor"}


def test_voiding_marks_a_result_and_takes_its_credit(api: Api, system: System) -> None:
    ok(api.post("/results/", item()), 201)
    (stored,) = ok(api.get("/systems/fraud-scorer/results/"))["results"]
    path = f"/systems/fraud-scorer/results/{stored['id']}/void/"
    for wrong, pointer in (({}, "/reason"), ({"reason": " "}, "/reason"), ({"reason": "x", "why": 1}, "/why")):
        assert faults(api.post(path, wrong)) == {pointer}
    voided = ok(api.post(path, {"reason": "A test run by mistake."}))
    assert voided["voided"] is True
    assert voided["void_reason"] == "A test run by mistake."
    assert voided["voided_by"] == "token pipeline"
    problem(api.post(path, {"reason": "again"}), 409)
    assert ok(api.get("/systems/fraud-scorer/score/"))["categories"][0]["score"] == 0
    assert ok(api.get("/systems/fraud-scorer/results/"))["results"] == [voided]


@pytest.mark.parametrize("pk", ["0", "999999999999999999", "9" * 40, "x", "%00", "-1", "1.0", "٣"])
def test_voiding_what_is_not_there_is_404(api: Api, system: System, pk: str) -> None:
    problem(api.post(f"/systems/fraud-scorer/results/{pk}/void/", {"reason": "x"}), 404)


def test_a_result_is_voided_through_its_own_system_only(api: Api, system: System, churn: System) -> None:
    ok(api.post("/results/", item()), 201)
    problem(api.post(f"/systems/churn/results/{Result.objects.get().pk}/void/", {"reason": "x"}), 404)
