"""Scores, histories, rubrics and the API's own description."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assessments.models import System
from rubric.loader import builtin
from tests.api.client import Api, faults, ok, problem

pytestmark = pytest.mark.django_db
SYSTEM = "/systems/fraud-scorer"


def post(api: Api, at: str, run: str, **values: Any) -> None:
    item = {"system": "fraud-scorer", "test": "data-1", "run_id": run, "status": "passed", "observed_at": at}
    ok(api.post("/results/", {**item, **values}), 201)


def test_a_score_without_facts(api: Api, system: System) -> None:
    score = ok(api.get(f"{SYSTEM}/score/?at=2026-01-01T00:00:00Z"))
    rubric = builtin()["ml-test-score-2017"]
    assert {key: score[key] for key in ("system", "rubric", "at", "score", "claimed", "verified", "adjusted")} == {
        "system": "fraud-scorer",
        "rubric": "ml-test-score-2017",
        "at": "2026-01-01T00:00:00Z",
        "score": 0,
        "claimed": 0,
        "verified": 0,
        "adjusted": 0,
    }
    assert score["band"] == {"key": rubric.bands[0].key, "label": rubric.bands[0].label}
    assert score["limiting"] == ["data", "model", "infra", "monitor"]
    assert [each["max"] for each in score["categories"]] == [7, 7, 7, 7]
    assert [each["key"] for each in score["tests"]] == list(rubric.tests)
    assert score["tests"][0] == {
        "key": "data-1",
        "title": rubric.tests["data-1"].title,
        "category": "data",
        "level": "none",
        "claimed": "none",
        "verified": "none",
        "not_applicable": False,
        "runs": 0,
        "last_run_at": None,
        "fresh_until": None,
        "health": "none",
    }


def test_a_score_at_every_boundary_of_its_runs(api: Api, system: System) -> None:
    post(api, "2026-01-01T00:00:00Z", "1")
    post(api, "2026-01-01T12:00:00Z", "2", status="failed")

    def test_at(at: str) -> tuple[Any, ...]:
        test = ok(api.get(f"{SYSTEM}/score/?at={at}"))["tests"][0]
        return test["verified"], test["runs"], test["last_run_at"], test["fresh_until"], test["health"]

    assert test_at("2025-12-31T23:59:59.999999Z") == ("none", 0, None, None, "none")
    assert test_at("2026-01-01T00:00:00Z") == ("manual", 1, "2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z", "passing")
    assert test_at("2026-01-01T12:00:00Z") == (
        "automated",
        2,
        "2026-01-01T12:00:00Z",
        "2026-01-31T00:00:00Z",
        "failing",
    )
    assert test_at("2026-01-31T00:00:00Z") == ("manual", 1, "2026-01-01T12:00:00Z", "2026-01-31T12:00:00Z", "failing")
    assert test_at("2026-01-31T12:00:00Z") == ("none", 0, "2026-01-01T12:00:00Z", None, "none")


@pytest.mark.parametrize(
    "at",
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-01-01T00:00:00%2B02:00", "2026-01-01T00:00:00+02:00",
     "2026-01-01t00:00:00.123456789z", "1969-12-31T23:59:59-23:59"],
)  # fmt: skip
def test_any_instant_has_a_score_and_may_end_a_history(api: Api, system: System, at: str) -> None:
    post(api, "2026-01-01T00:00:00Z", "1")
    ok(api.get(f"{SYSTEM}/score/?at={at}"))
    ok(api.get(f"{SYSTEM}/history/?end={at}"))
    ok(api.get(f"{SYSTEM}/history/?start={at}&end=9999-12-31T23:59:59.999999Z"))


@pytest.mark.parametrize(
    "at",
    ["", "now", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "%00", "%ff", "0001-01-01T00:00:00%2B00:01",
     "9999-12-31T23:59:59-00:01", "10000-01-01T00:00:00Z", "2026-01-01T00:00:60Z",
     "2026-01-01T00:00:00Z&at=2026-01-01T00:00:00Z"],
)  # fmt: skip
def test_a_malformed_instant_is_at_fault(api: Api, system: System, at: str) -> None:
    assert faults(api.get(f"{SYSTEM}/score/?at={at}")) == {"?at"}
    assert faults(api.get(f"{SYSTEM}/history/?start={at.replace('at=', 'start=')}&end=x")) == {"?start", "?end"}


def test_history_is_a_step_function(api: Api, system: System) -> None:
    for test in builtin()["ml-test-score-2017"].tests:
        post(api, "2026-01-01T00:00:00Z", "1", test=test)
    points = ok(api.get(f"{SYSTEM}/history/?start=2025-12-01T00:00:00%2B01:00&end=2026-06-01T00:00:00Z"))["points"]
    assert [(each["at"], each["score"]) for each in points] == [
        ("2025-11-30T23:00:00Z", 0),
        ("2026-01-01T00:00:00Z", 3.5),
        ("2026-01-31T00:00:00Z", 0),
    ]
    assert points[1] == {
        "at": "2026-01-01T00:00:00Z",
        "rubric": "ml-test-score-2017",
        "score": 3.5,
        "claimed": 0,
        "verified": 3.5,
        "categories": {"data": 3.5, "model": 3.5, "infra": 3.5, "monitor": 3.5},
    }
    assert ok(api.get(f"{SYSTEM}/history/?end=2026-01-15T00:00:00Z"))["points"][0]["at"] == "2026-01-01T00:00:00Z"
    assert ok(api.get(f"{SYSTEM}/history/?end=2020-01-01T00:00:00Z"))["points"][0]["at"] == "2020-01-01T00:00:00Z"
    assert len(ok(api.get(f"{SYSTEM}/history/"))["points"]) == 2


def test_a_history_of_nothing_is_one_point(api: Api, system: System) -> None:
    (point,) = ok(api.get(f"{SYSTEM}/history/"))["points"]
    assert point["score"] == 0


def test_a_start_after_the_end_is_at_fault(api: Api, system: System) -> None:
    assert faults(api.get(f"{SYSTEM}/history/?start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z")) == {"?start"}
    assert faults(api.get(f"{SYSTEM}/history/?start=9000-01-01T00:00:00Z")) == {"?start"}
    same = "2026-01-01T00:00:00Z"
    assert len(ok(api.get(f"{SYSTEM}/history/?start={same}&end={same}"))["points"]) == 1


def test_scores_of_shares_are_percentages_rounded_to_six_decimals(api: Api, system: System) -> None:
    ok(api.patch(f"{SYSTEM}/", {"rubric": "key-principles"}))
    rubric = builtin()["key-principles"]
    for category in rubric.categories:
        at = ok(api.get(f"{SYSTEM}/"))["created_at"]
        post(api, at, "1", test=category.tests[0].key)
    score = ok(api.get(f"{SYSTEM}/score/"))
    largest = max(len(category.tests) for category in rubric.categories)
    assert score["score"] == round(50 / largest, 6)
    assert score["categories"][0]["max"] == len(rubric.categories[0].tests)


def test_rubrics_are_listed_and_read(api: Api) -> None:
    listed = ok(api.get("/rubrics/"))
    assert listed["next"] is None
    assert [each["key"] for each in listed["results"]] == list(builtin())
    for brief in listed["results"]:
        whole = ok(api.get(f"/rubrics/{brief['key']}/"))
        assert {key: whole[key] for key in brief} == brief
        tests = [test["key"] for category in whole["categories"] for test in category["tests"]]
        assert tests == list(builtin()[brief["key"]].tests)
        assert set(whole["scale"]) == {"none", "manual", "automated"}
    problem(api.get("/rubrics/nope/"), 404)


def test_the_description_is_open_to_all() -> None:
    document = ok(Api(None).get("/openapi.json"))
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (path, method)
            assert operation["responses"], (path, method)
            if path.endswith("/token/exchange"):
                assert operation.get("security", []) == [], "who asks for a token has none yet"
                assert {"400", "401", "403", "405", "406", "429", "503"} <= operation["responses"].keys()
            elif path.split("/")[-1] != "openapi.json" and not path.endswith("/docs/"):
                assert operation["security"] == [{"token": []}]
                assert {"401", "403", "404", "405", "406", "429"} <= operation["responses"].keys()


def test_the_page_of_the_description_names_every_operation() -> None:
    response = Api(None).get("/docs/", Accept="text/html")
    assert response.status_code == 200
    page = response.content.decode()
    for path in ok(Api(None).get("/openapi.json"))["paths"]:
        assert path in page
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    assert "//cdn" not in page


def test_the_gate_judges_by_its_conditions(api: Api, system: System) -> None:
    assert faults(api.get(f"{SYSTEM}/gate/")) == {"?min_score"}
    assert faults(api.get(f"{SYSTEM}/gate/?no_failing=false")) == {"?min_score"}
    ok(api.patch(f"{SYSTEM}/", {"target_score": 0.5}))
    verdict = ok(api.get(f"{SYSTEM}/gate/"))
    assert verdict["passed"] is False
    assert verdict["conditions"] == [{"name": "min_score", "passed": False, "actual": 0, "required": 0.5}]
    assert "failed" in verdict["markdown"]
    created = ok(api.get(f"{SYSTEM}/"))["created_at"]
    post(api, created, "1", status="failed")
    path = f"{SYSTEM}/gate/?min_score=0&max_drop=0.0&since=2026-01-01T00:00:00Z&no_failing=true"
    verdict = ok(api.get(path))
    assert [(each["name"], each["passed"], each["actual"]) for each in verdict["conditions"]] == [
        ("min_score", True, 0),
        ("max_drop", True, 0),
        ("no_failing", False, 1),
    ]


def test_the_target_holds_only_where_no_condition_is_named(api: Api, system: System) -> None:
    ok(api.patch(f"{SYSTEM}/", {"target_score": 7}))
    for query in ("max_drop=0", "no_failing=true", "min_score=0"):
        verdict = ok(api.get(f"{SYSTEM}/gate/?{query}"))
        assert verdict["passed"] is True
        assert [each["name"] for each in verdict["conditions"]] == [query.split("=")[0]]
    for query in ("", "?since=2026-01-01T00:00:00Z", "?no_failing=false"):
        assert ok(api.get(f"{SYSTEM}/gate/{query}"))["conditions"] == [
            {"name": "min_score", "passed": False, "actual": 0, "required": 7}
        ]


def test_a_drop_is_measured_from_thirty_days_ago_or_from_since(
    api: Api, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    for test in builtin()["ml-test-score-2017"].tests:
        post(api, "2026-01-05T00:00:00Z", "1", test=test)
    clock = "api.base.timezone.now"
    lapsed = datetime(2026, 2, 4, tzinfo=UTC)

    def drop(now: datetime, query: str = "") -> tuple[float, bool]:
        monkeypatch.setattr(clock, lambda: now)
        (condition,) = ok(api.get(f"{SYSTEM}/gate/?max_drop=3.5{query}"))["conditions"]
        return condition["actual"], condition["passed"]

    assert drop(lapsed) == (3.5, True)
    assert drop(lapsed - timedelta(microseconds=1)) == (-3.5, True)
    assert drop(lapsed, "&since=2026-01-04T00:00:00Z") == (0, True)
    assert drop(lapsed - timedelta(days=1), "&since=2026-02-04T00:00:00Z") == (-3.5, True)


def test_the_markdown_leaves_a_name_as_it_is(api: Api, system: System) -> None:
    ok(api.patch(f"{SYSTEM}/", {"name": "a|b <i> &lt; *c* d"}))
    markdown = ok(api.get(f"{SYSTEM}/gate/?no_failing=true"))["markdown"]
    assert markdown.splitlines()[0] == r"**MLScore gate passed** for a\|b \<i\> \&lt; \*c\* d"
    assert markdown.splitlines()[-1] == "| no_failing | passed | 0 | 0 |"


@pytest.mark.parametrize(
    ("query", "name"),
    [("min_score=x", "min_score"), ("min_score=", "min_score"), ("min_score=NaN", "min_score"),
     ("max_drop=1e999", "max_drop"), ("max_drop=Infinity", "max_drop"), ("since=x&min_score=1", "since"),
     ("no_failing=1", "no_failing"), ("min_score=1/2", "min_score"), ("min_score=0&max_drp=0", "max_drp")],
)  # fmt: skip
def test_a_malformed_condition_is_at_fault(api: Api, system: System, query: str, name: str) -> None:
    assert faults(api.get(f"{SYSTEM}/gate/?{query}")) == {f"?{name}"}


def test_a_trend_has_a_bucket_for_each_week(api: Api, system: System, churn: System) -> None:
    for test in builtin()["ml-test-score-2017"].tests:
        post(api, "2026-01-05T00:00:00Z", "1", test=test)
    trend = ok(api.get("/trends/?start=2025-12-29T00:00:00Z&end=2026-01-14T00:00:00Z"))
    assert (trend["rubric"], trend["interval"]) == ("ml-test-score-2017", "week")
    assert [(each["at"], each["systems"], each["median"]) for each in trend["buckets"]] == [
        ("2026-01-04T23:59:59.999999Z", 0, None),
        ("2026-01-11T23:59:59.999999Z", 1, 3.5),
        ("2026-01-14T00:00:00Z", 1, 3.5),
    ]
    assert trend["buckets"][1]["categories"] == {"data": 3.5, "model": 3.5, "infra": 3.5, "monitor": 3.5}
    assert trend["buckets"][1]["limiting"] == {"data": 1, "model": 1, "infra": 1, "monitor": 1}
    assert ok(api.get("/trends/?team=nope&tag=nope&interval=month"))["buckets"][-1]["systems"] == 0
    ok(api.get("/trends/?interval=day&rubric=key-principles"))


@pytest.mark.parametrize(
    ("query", "name"),
    [("interval=year", "interval"), ("rubric=x", "rubric"), ("team=%00", "team"), ("start=x", "start"),
     ("start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z", "start"), ("end=9999-12-31T00:00:00Z", "end"),
     ("start=0001-01-01T00:00:00Z", "start"), ("start=1990-01-01T00:00:00Z&interval=day", "interval")],
)  # fmt: skip
def test_a_malformed_trend_is_at_fault(api: Api, query: str, name: str) -> None:
    assert faults(api.get(f"/trends/?{query}")) == {f"?{name}"}


def test_trends_of_an_organisation_without_systems_are_empty(api: Api) -> None:
    assert all(each["systems"] == 0 for each in ok(api.get("/trends/"))["buckets"])
