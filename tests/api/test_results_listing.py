"""The listing of results, and their voiding (contract, section 3)."""

from __future__ import annotations

import pytest

from assessments.models import System
from evidence.models import Result
from rubric.loader import builtin
from tests.api.client import Api, faults, ok, problem
from tests.api.items import item

pytestmark = pytest.mark.django_db
TESTS = list(builtin()["ml-test-score-2017"].tests)


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
