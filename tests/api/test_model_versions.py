"""Model versions over the API."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.pagination import PAGE
from assessments.models import System
from tests.api.client import Api, ok, problem

pytestmark = pytest.mark.django_db
VERSIONS = "/systems/fraud-scorer/model-versions/"


def item(
    version: str, at: str = "2026-01-01T00:00:00Z", status: str = "passed", test: str = "data-1"
) -> dict[str, str]:
    values = {"system": "fraud-scorer", "test": test, "run_id": f"{version} {at}", "status": status}
    return {**values, "observed_at": at, "model_version": version}


def test_versions_are_listed_newest_first_and_paged(api: Api, system: System) -> None:
    posted = [item(f"v{number}", f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z") for number in range(PAGE + 1)]
    ok(api.post("/results/", {"results": posted}), 201)
    first = ok(api.get(VERSIONS))
    assert first["results"][0] == {
        "model_version": f"v{PAGE}",
        "first_observed_at": posted[-1]["observed_at"],
        "newest_observed_at": posted[-1]["observed_at"],
    }
    second = ok(api.get(first["next"].split("/api/v1")[1]))
    assert ([each["model_version"] for each in second["results"]], second["next"]) == (["v0"], None)


def test_a_version_says_whether_it_is_ready_and_why_not(api: Api, system: System) -> None:
    now = ok(api.get("/systems/fraud-scorer/"))["created_at"]
    ok(api.post("/results/", {"results": [item("v7", now), item("v7", now, "failed", "model-2")]}), 201)
    found = ok(api.get(f"{VERSIONS}v7/"))
    assert (found["ready"], found["failing"], found["missing"]) == (False, ["model-2"], [])
    assert (found["system"], found["rubric"], found["results_removed"]) == (
        "fraud-scorer",
        "ml-test-score-2017",
        False,
    )
    by_key = {test["key"]: test for test in found["tests"]}
    data = by_key["data-1"]
    assert (data["required"], data["level"], data["outcome"], data["observed_at"]) == (True, "manual", "passed", now)
    assert [(each["check"], each["status"]) for each in data["checks"]] == [("data-1", "passed")]
    assert (by_key["data-2"]["required"], by_key["data-2"]["outcome"], by_key["data-2"]["checks"]) == (
        False,
        "not_run",
        [],
    )


@pytest.mark.parametrize("version", ["models:/fraud/7", "7/", "a b?c#d%e", "zwei\nZeilen", "ü;=&+", "<b>"])
def test_any_version_that_can_be_posted_has_an_address(api: Api, system: System, version: str) -> None:
    ok(api.post("/results/", item(version)), 201)
    assert ok(api.get(f"{VERSIONS}{quote(version, safe='')}/"))["model_version"] == version


def test_what_no_result_names_is_not_found(api: Api, system: System, foreign: System) -> None:
    for name in ("v7", "%00", "x" * 1000):
        problem(api.get(f"{VERSIONS}{name}/"), 404)
    problem(api.get("/systems/secret/model-versions/"), 404)


def test_naming_a_version_costs_a_posting_no_statement(api: Api, system: System) -> None:
    for run in ("1", "2"):
        with CaptureQueriesContext(connection) as queries:
            ok(api.post("/results/", item("v7", f"2026-01-0{run}T00:00:00Z")), 201)
    assert len(queries) <= 10
