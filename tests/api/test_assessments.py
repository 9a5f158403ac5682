"""Assessments over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Scope
from assessments.models import Answer, Assessment, System
from tests.api.client import Api, faults, ok, problem
from tests.api.conftest import MakeApi

pytestmark = pytest.mark.django_db
BASE = "/systems/fraud-scorer/assessments/"


def draft(api: Api, **body: Any) -> str:
    return f"{BASE}{ok(api.post(BASE, body), 201)['id']}/"


def test_an_assessment_from_blank_to_final(api: Api, system: System) -> None:
    opened = ok(api.post(BASE), 201)
    assert (opened["status"], opened["answers"], opened["effective_at"]) == ("draft", [], None)
    assert (opened["imported"], opened["rubric"], opened["recorded_by"]) == (
        False,
        "ml-test-score-2017",
        "token pipeline",
    )
    path = f"{BASE}{opened['id']}/"
    answers: list[dict[str, Any]] = [
        {"test": "monitor-1", "level": "manual"},
        {"test": "data-1", "level": "automated", "justification": "Cron.", "evidence": ["https://ci.example.org/1"]},
        {"test": "data-2", "not_applicable": True, "justification": "No features."},
    ]
    saved = ok(api.patch(path, {"answers": answers}))
    assert saved["answers"] == [
        {**answers[1], "not_applicable": False, "version": 1},
        {**answers[2], "level": "none", "evidence": [], "version": 1},
        {**answers[0], "justification": "", "evidence": [], "not_applicable": False, "version": 1},
    ]
    assert saved["version"] > opened["version"]
    assert ok(api.get(path)) == saved
    final = ok(api.post(f"{path}finalise/", {}))
    assert final["status"] == "final"
    assert final["effective_at"].endswith("Z")
    assert ok(api.get(BASE)) == {"next": None, "results": [final]}
    score = ok(api.get("/systems/fraud-scorer/score/"))
    assert score["tests"][0]["claimed"] == "automated"
    assert score["tests"][1]["not_applicable"] is True


def test_a_second_open_draft_is_a_conflict_and_imports_are_not(api: Api, system: System) -> None:
    draft(api)
    problem(api.post(BASE, {}), 409)
    imported = ok(api.post(BASE, {"effective_at": "2025-01-01T00:00:00Z", "carry_forward": None}), 201)
    assert (imported["imported"], imported["effective_at"]) == (True, "2025-01-01T00:00:00Z")
    final = ok(api.post(f"{BASE}{imported['id']}/finalise/"))
    assert final["effective_at"] == "2025-01-01T00:00:00Z"
    assert final["recorded_at"] > "2026"


def test_an_import_needs_organisation_write_besides(make_api: MakeApi, system: System) -> None:
    api = make_api(Scope.ASSESSMENTS_WRITE)
    problem(api.post(BASE, {"effective_at": "2025-01-01T00:00:00Z"}), 403)
    ok(api.post(BASE, {"effective_at": None}), 201)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"carry_forward": "yes"}, "/carry_forward"),
        ({"effective_at": (timezone.now() + timedelta(days=1)).isoformat()}, "/effective_at"),
        ({"effective_at": "2025-01-01"}, "/effective_at"),
        ({"effective_at": 1}, "/effective_at"),
        ({"rubric": "x"}, "/rubric"),
    ],
)
def test_a_wrong_start_is_named(api: Api, system: System, body: dict[str, Any], pointer: str) -> None:
    assert faults(api.post(BASE, body)) == {pointer}
    assert not Assessment.objects.exists()


def test_answers_are_carried_forward(api: Api, system: System) -> None:
    path = draft(api)
    ok(api.patch(path, {"answers": [{"test": "data-1", "level": "manual", "justification": "By hand."}]}))
    ok(api.post(f"{path}finalise/"))
    carried = ok(api.post(BASE, {"carry_forward": True}), 201)
    assert [(each["test"], each["level"], each["justification"]) for each in carried["answers"]] == [
        ("data-1", "manual", "By hand.")
    ]


def answer(**values: Any) -> dict[str, Any]:
    return {"test": "data-1", "level": "manual", **values}


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"test": "data-99"}, "/test"),
        ({"test": None}, "/test"),
        ({"test": 1}, "/test"),
        ({"level": "high"}, "/level"),
        ({"level": 1}, "/level"),
        ({"level": "manual", "not_applicable": True, "justification": "x"}, "/level"),
        ({"justification": "j" * 10_001}, "/justification"),
        ({"justification": 1}, "/justification"),
        ({"evidence": "https://example.org"}, "/evidence"),
        ({"evidence": ["example.org"]}, "/evidence/0"),
        ({"evidence": ["https://example.org", 1]}, "/evidence/1"),
        ({"evidence": ["https://example.org"] * 21}, "/evidence"),
        ({"not_applicable": "no"}, "/not_applicable"),
        ({"level": None, "not_applicable": True}, "/justification"),
        ({"version": "1"}, "/version"),
        ({"version": -1}, "/version"),
        ({"version": 2**70}, "/version"),
        ({"claim": "x"}, "/claim"),
    ],
)
def test_a_wrong_answer_is_named_and_nothing_is_saved(
    api: Api, system: System, wrong: dict[str, Any], pointer: str
) -> None:
    path = draft(api)
    body = {"answers": [{"test": "data-2", "level": "manual"}, answer(**wrong)]}
    assert faults(api.patch(path, body)) == {f"/answers/1{pointer}"}
    assert not Answer.objects.exists()


def test_wrong_shapes_and_unknown_tests_are_named_together(api: Api, system: System) -> None:
    answers = [answer(level="high"), answer(test="data-99"), {"level": "none"}, 1]
    assert faults(api.patch(draft(api), {"answers": answers})) == {
        "/answers/0/level",
        "/answers/1/test",
        "/answers/2/test",
        "/answers/3",
    }


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/answers"),
        ({"answers": None}, "/answers"),
        ({"answers": {}}, "/answers"),
        ({"answers": [1]}, "/answers/0"),
        ({"answers": [], "status": "final"}, "/status"),
        ({"answers": [answer(), answer()]}, "/answers"),
    ],
)
def test_a_wrong_frame_of_answers_is_named(api: Api, system: System, body: dict[str, Any], pointer: str) -> None:
    assert faults(api.patch(draft(api), body)) == {pointer}


def test_a_stale_answer_is_refused_and_stores_nothing(api: Api, system: System) -> None:
    path = draft(api)
    ok(api.patch(path, {"answers": [answer(version=0), answer(test="data-2")]}))
    ok(api.patch(path, {"answers": [answer(level="automated", version=1)]}))
    stale = {"answers": [answer(test="data-2", level="none"), answer(version=1), answer(test="data-3", version=4)]}
    assert faults(api.patch(path, stale), 409) == {"/answers/1/version", "/answers/2/version"}
    stored = {each["test"]: (each["level"], each["version"]) for each in ok(api.get(path))["answers"]}
    assert stored == {"data-1": ("automated", 2), "data-2": ("manual", 1)}


def test_fields_left_out_stay_as_they_are(api: Api, system: System) -> None:
    path = draft(api)
    ok(api.patch(path, {"answers": [answer(justification="Why.", evidence=["https://example.org/"])]}))
    kept = ok(api.patch(path, {"answers": [{"test": "data-1", "level": "automated", "justification": None}]}))
    assert kept["answers"][0]["justification"] == "Why."
    assert kept["answers"][0]["evidence"] == ["https://example.org/"]


def test_a_final_assessment_refuses_every_change(api: Api, system: System) -> None:
    path = draft(api)
    final = ok(api.post(f"{path}finalise/"))
    problem(api.patch(path, {"answers": [answer()]}), 409)
    problem(api.patch(path, {"answers": [answer(test="data-99")]}), 409)
    problem(api.post(f"{path}finalise/"), 409)
    assert ok(api.get(path)) == final
    assert faults(api.post(f"{path}finalise/", {"force": True})) == {"/force"}


def test_a_draft_of_an_edition_that_was_left_cannot_be_finalised(api: Api, system: System) -> None:
    path = draft(api)
    ok(api.patch("/systems/fraud-scorer/", {"rubric": "key-principles"}))
    problem(api.post(f"{path}finalise/"), 409)
    assert ok(api.get(path))["status"] == "draft"


def test_voiding_takes_a_final_assessment_out_of_the_score(api: Api, system: System) -> None:
    path = draft(api)
    ok(api.patch(path, {"answers": [answer()]}))
    problem(api.post(f"{path}void/", {"reason": "x"}), 409)
    ok(api.post(f"{path}finalise/"))
    for wrong in ({}, {"reason": ""}, {"reason": "r" * 2001}, {"reason": 1}):
        assert faults(api.post(f"{path}void/", wrong)) == {"/reason"}
    voided = ok(api.post(f"{path}void/", {"reason": "Wrong system."}))
    assert (voided["status"], voided["void_reason"], voided["voided_by"]) == (
        "voided",
        "Wrong system.",
        "token pipeline",
    )
    problem(api.post(f"{path}void/", {"reason": "again"}), 409)
    problem(api.patch(path, {"answers": [answer()]}), 409)
    assert ok(api.get("/systems/fraud-scorer/score/"))["tests"][0]["claimed"] == "none"


def test_an_assessment_is_reached_through_its_own_system_only(api: Api, system: System, churn: System) -> None:
    path = draft(api)
    problem(api.get(path.replace("fraud-scorer", "churn")), 404)
    problem(api.post(path.replace("fraud-scorer", "churn") + "finalise/"), 404)
