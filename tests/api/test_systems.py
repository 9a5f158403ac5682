"""Systems, teams and the organisation."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Activity, Organisation, Scope
from assessments.models import System
from evidence.models import RuleChange
from tests.api.client import Api, faults, ok, problem
from tests.api.conftest import MakeApi

pytestmark = pytest.mark.django_db


def test_only_the_name_is_required(api: Api) -> None:
    made = ok(api.post("/systems/", {"name": "Fraud scorer"}), 201)
    assert made.pop("created_at").endswith("Z")
    assert made == {
        "slug": "fraud-scorer",
        "name": "Fraud scorer",
        "description": "",
        "team": None,
        "owner": None,
        "tags": [],
        "lifecycle": "experiment",
        "repository_url": None,
        "rubric": "ml-test-score-2017",
        "target_score": None,
        "windows": {},
        "counted_branch": None,
        "pending": {},
    }


def test_everything_may_be_given_and_is_answered_alike(api: Api, owner: Any) -> None:
    ok(api.post("/teams/", {"name": "Risk & Fraud"}), 201)
    given = {
        "slug": "Scorer_1",
        "name": "Scörer",
        "description": "Scores\nfraud.",
        "team": "risk-fraud",
        "owner": owner.person.email,
        "tags": ["payments", "漢"],
        "lifecycle": "retired",
        "repository_url": "https://git.example.org/scorer",
        "rubric": "ml-test-score-2016",
        "target_score": 7.25,
        "windows": {"data-1": 1, "infra-7": 730},
        "counted_branch": "main",
    }
    made = ok(api.post("/systems/", given), 201)
    assert {key: made[key] for key in given} == given
    assert ok(api.get("/systems/Scorer_1/")) == made
    assert ok(api.get("/systems/"))["results"] == [made]
    cleared = {"description": "", "tags": [], "windows": {}} | dict.fromkeys(
        ("team", "owner", "repository_url", "target_score", "counted_branch")
    )
    changed = ok(api.patch("/systems/Scorer_1/", cleared))
    assert changed == made | cleared
    assert ok(api.patch("/systems/Scorer_1/", {})) == changed


def test_null_is_left_out_on_creation(api: Api) -> None:
    fields = ("slug", "description", "team", "owner", "tags", "lifecycle", "repository_url", "rubric", "target_score")
    made = ok(api.post("/systems/", {"name": "X", **dict.fromkeys((*fields, "windows", "counted_branch"))}), 201)
    assert (made["slug"], made["rubric"], made["tags"]) == ("x", "ml-test-score-2017", [])


def test_slugs_follow_from_names_and_stay_unique(api: Api) -> None:
    names = ["Fraud", "fraud!", "漢字", "漢字", "n" * 120]
    slugs = [ok(api.post("/systems/", {"name": name}), 201)["slug"] for name in names]
    assert len(set(slugs)) == 5
    assert slugs[:3] == ["fraud", "fraud-2", "system"]


def test_a_slug_that_is_taken_is_a_conflict(api: Api, system: System, foreign: System) -> None:
    assert faults(api.post("/systems/", {"name": "x", "slug": "fraud-scorer"}), 409) == {"/slug"}
    ok(api.post("/systems/", {"name": "x", "slug": "secret"}), 201)


WRONG = [
    ({"name": ""}, "/name"),
    ({"name": "  "}, "/name"),
    ({"name": 3}, "/name"),
    ({"name": "n" * 121}, "/name"),
    ({"description": "d" * 4001}, "/description"),
    ({"description": []}, "/description"),
    ({"team": "nope"}, "/team"),
    ({"team": 1}, "/team"),
    ({"owner": "nobody@example.org"}, "/owner"),
    ({"owner": "steve@example.org"}, "/owner"),
    ({"owner": {}}, "/owner"),
    ({"tags": "a"}, "/tags"),
    ({"tags": [1]}, "/tags/0"),
    ({"tags": ["a", ""]}, "/tags/1"),
    ({"tags": ["a" * 41]}, "/tags/0"),
    ({"tags": ["a", "a"]}, "/tags"),
    ({"tags": [str(number) for number in range(21)]}, "/tags"),
    ({"lifecycle": "live"}, "/lifecycle"),
    ({"lifecycle": 1}, "/lifecycle"),
    ({"repository_url": "git@example.org:x"}, "/repository_url"),
    ({"repository_url": "ftp://example.org"}, "/repository_url"),
    ({"repository_url": True}, "/repository_url"),
    ({"rubric": "nope"}, "/rubric"),
    ({"rubric": 2017}, "/rubric"),
    ({"target_score": -0.5}, "/target_score"),
    ({"target_score": 7.5}, "/target_score"),
    ({"target_score": 1e300}, "/target_score"),
    ({"target_score": 0.1234567}, "/target_score"),
    ({"target_score": "3"}, "/target_score"),
    ({"target_score": True}, "/target_score"),
    ({"windows": {"data-1": 0}}, "/windows/data-1"),
    ({"windows": {"data-1": 731}}, "/windows/data-1"),
    ({"windows": {"data-1": 1.5}}, "/windows/data-1"),
    ({"windows": {"data-1": True}}, "/windows/data-1"),
    ({"windows": {"data-1": None}}, "/windows/data-1"),
    ({"windows": {"data-99": 3}}, "/windows/data-99"),
    ({"windows": {"a/b": 3}}, "/windows/a~1b"),
    ({"windows": []}, "/windows"),
    ({"counted_branch": ""}, "/counted_branch"),
    ({"counted_branch": "b" * 201}, "/counted_branch"),
    ({"counted_branch": 1}, "/counted_branch"),
    ({"created_at": "2026-01-01T00:00:00Z"}, "/created_at"),
    ({"pending": {}}, "/pending"),
    ({"id": 1}, "/id"),
]


@pytest.mark.parametrize(("change", "pointer"), WRONG)
def test_a_wrong_value_is_named(
    api: Api, system: System, foreign: System, change: dict[str, Any], pointer: str
) -> None:
    before = ok(api.get("/systems/fraud-scorer/"))
    assert faults(api.post("/systems/", {"name": "Fine", **change})) == {pointer}
    assert faults(api.patch("/systems/fraud-scorer/", change)) == {pointer}
    assert ok(api.get("/systems/fraud-scorer/")) == before
    assert System.objects.count() == 2


@pytest.mark.parametrize("name", ["name", "description", "tags", "lifecycle", "rubric", "windows"])
def test_what_is_always_there_cannot_be_cleared(api: Api, system: System, name: str) -> None:
    assert faults(api.patch("/systems/fraud-scorer/", {name: None})) == {f"/{name}"}


@pytest.mark.parametrize("slug", ["a b", "é", "a/b", "", "s" * 61, 5])
def test_a_wrong_slug_is_named(api: Api, slug: Any) -> None:
    assert faults(api.post("/systems/", {"name": "x", "slug": slug})) == {"/slug"}
    assert faults(api.post("/teams/", {"name": "x", "slug": slug})) == {"/slug"}


def test_all_faults_of_a_system_are_named_at_once(api: Api, system: System) -> None:
    wrong = {"lifecycle": "x", "team": "nope", "windows": {"z": 3, "data-1": 0}, "target_score": 9, "odd": 1}
    expected = {"/lifecycle", "/team", "/windows/data-1", "/target_score", "/odd"}
    assert faults(api.post("/systems/", wrong)) == expected | {"/name"}
    assert faults(api.patch("/systems/fraud-scorer/", wrong | {"slug": "new"})) == expected | {"/slug"}


def test_a_slug_stays(api: Api, system: System) -> None:
    assert faults(api.patch("/systems/fraud-scorer/", {"slug": "other"})) == {"/slug"}


def test_a_move_to_another_rubric_scores_from_then_on(api: Api, system: System) -> None:
    before = ok(api.get("/systems/fraud-scorer/"))["created_at"]
    assert (
        ok(api.patch("/systems/fraud-scorer/", {"rubric": "key-principles", "target_score": 90}))["target_score"] == 90
    )
    assert ok(api.get("/systems/fraud-scorer/score/"))["rubric"] == "key-principles"
    assert ok(api.get(f"/systems/fraud-scorer/score/?at={before}"))["rubric"] == "ml-test-score-2017"
    # A window may be set for a test of either edition.
    ok(api.patch("/systems/fraud-scorer/", {"windows": {"data-1": 3}}))


def test_a_changed_window_and_branch_hold_for_all_times(api: Api, system: System) -> None:
    ok(api.post("/results/", {"system": "fraud-scorer", "test": "data-1", "run_id": "1", "status": "passed",
                              "branch": "main", "observed_at": "2026-01-01T00:00:00Z"}), 201)  # fmt: skip

    def verified(at: str) -> str:
        return str(ok(api.get(f"/systems/fraud-scorer/score/?at={at}"))["tests"][0]["verified"])

    assert (verified("2026-01-30T00:00:00Z"), verified("2026-01-31T00:00:00Z")) == ("manual", "none")
    ok(api.patch("/systems/fraud-scorer/", {"windows": {"data-1": 1}}))
    assert (verified("2026-01-01T23:59:59.999999Z"), verified("2026-01-02T00:00:00Z")) == ("manual", "none")
    ok(api.patch("/systems/fraud-scorer/", {"counted_branch": "release"}))
    assert verified("2026-01-01T00:00:00Z") == "none"
    assert Activity.objects.filter(action="rules.changed").count() == 2


def test_a_large_change_of_rules_is_pending_until_it_is_swapped_in(api: Api, system: System, monkeypatch) -> None:
    ok(api.post("/results/", {"system": "fraud-scorer", "test": "data-1", "run_id": "1", "status": "passed"}), 201)
    monkeypatch.setattr("evidence.rule_changes.AT_ONCE", 0)
    changed = ok(api.patch("/systems/fraud-scorer/", {"windows": {"data-1": 5}, "name": "Renamed"}))
    assert changed["windows"] == {}
    assert changed["pending"] == {"windows": {"data-1": 5}}
    assert changed["name"] == "Renamed"
    assert ok(api.get("/systems/"))["results"][0]["pending"] == {"windows": {"data-1": 5}}
    assert ok(api.get("/organisation/"))["pending"] == {}
    problem(api.patch("/organisation/", {"window_days": 7, "name": "Nope"}), 409)
    assert ok(api.get("/organisation/"))["name"] == "Acme"
    RuleChange.objects.all().delete()
    pending = ok(api.patch("/organisation/", {"window_days": 7, "review_interval_days": 30}))
    assert (pending["window_days"], pending["pending"]) == (30, {"window_days": 7})
    assert pending["review_interval_days"] == 30
    assert ok(api.get("/systems/fraud-scorer/"))["pending"] == {}


def test_systems_are_listed_in_pages(api: Api, organisation: Organisation) -> None:
    System.objects.bulk_create(
        System(organisation=organisation, slug=f"s-{index:03}", name="x", rubric="ml-test-score-2017",
               editions=[{"rubric": "ml-test-score-2017", "from": None}])
        for index in range(130)
    )  # fmt: skip
    first = ok(api.get("/systems/"))
    second = ok(api.get(first["next"].removeprefix("http://testserver/api/v1")))
    assert second["next"] is None
    assert [each["slug"] for each in first["results"] + second["results"]] == [f"s-{index:03}" for index in range(130)]


def test_the_organisation_is_read_and_changed(api: Api) -> None:
    assert ok(api.get("/organisation/")) == {
        "name": "Acme",
        "slug": "acme",
        "window_days": 30,
        "repeat_hours": 12,
        "credit": "executed",
        "review_interval_days": 90,
        "pending": {},
    }
    changes = {"name": "Acme AG", "window_days": 730, "repeat_hours": 0, "credit": "passed", "review_interval_days": 1}
    changed = ok(api.patch("/organisation/", changes))
    assert {key: changed[key] for key in changes} == changes
    assert ok(api.get("/organisation/")) == changed
    assert ok(api.patch("/organisation/", {})) == changed


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": " "}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "n" * 121}, "/name"),
        ({"window_days": 0}, "/window_days"),
        ({"window_days": 731}, "/window_days"),
        ({"window_days": 1.5}, "/window_days"),
        ({"window_days": "30"}, "/window_days"),
        ({"window_days": True}, "/window_days"),
        ({"window_days": None}, "/window_days"),
        ({"window_days": 10**300}, "/window_days"),
        ({"repeat_hours": -1}, "/repeat_hours"),
        ({"repeat_hours": 17521}, "/repeat_hours"),
        ({"credit": "all"}, "/credit"),
        ({"credit": None}, "/credit"),
        ({"review_interval_days": 0}, "/review_interval_days"),
        ({"slug": "other"}, "/slug"),
        ({"pending": {}}, "/pending"),
        ({"plan": "gold"}, "/plan"),
    ],
)
def test_a_wrong_setting_is_named(api: Api, change: dict[str, Any], pointer: str) -> None:
    before = ok(api.get("/organisation/"))
    assert faults(api.patch("/organisation/", {"name": "Other", **change})) == {pointer}
    assert ok(api.get("/organisation/")) == before


def test_teams_are_created_and_listed(api: Api) -> None:
    assert ok(api.post("/teams/", {"name": "Risk"}), 201) == {"slug": "risk", "name": "Risk"}
    assert ok(api.post("/teams/", {"name": "Risk"}), 201)["slug"] == "risk-2"
    assert ok(api.post("/teams/", {"name": "B", "slug": "a"}), 201) == {"slug": "a", "name": "B"}
    assert [each["slug"] for each in ok(api.get("/teams/"))["results"]] == ["a", "risk", "risk-2"]
    assert faults(api.post("/teams/", {"name": "x", "slug": "risk"}), 409) == {"/slug"}
    assert faults(api.post("/teams/", {})) == {"/name"}
    assert faults(api.post("/teams/", {"name": "x" * 121, "members": []})) == {"/name", "/members"}


def test_a_bound_token_may_change_its_system(make_api: MakeApi, churn: System) -> None:
    bound = make_api(Scope.SYSTEMS_WRITE, system=churn)
    assert ok(bound.patch("/systems/churn/", {"lifecycle": "production"}))["lifecycle"] == "production"
