"""Releases and notes over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Activity
from api.pagination import PAGE
from assessments.models import System, SystemEvent
from tests.api.client import Api, faults, ok, problem
from tests.api.conftest import MakeApi

pytestmark = pytest.mark.django_db
EVENTS = "/systems/fraud-scorer/events/"
WHOLE = {
    "kind": "release",
    "title": "Version 7",
    "text": "Trained on May.",
    "at": "2026-05-01T08:00:00Z",
    "url": "https://example.org/7",
    "commit": "abc",
    "model_version": "7",
    "event_id": "release-7",
}


def test_an_event_is_recorded_once_and_listed_newest_first(api: Api, system: System) -> None:
    note = ok(api.post(EVENTS, {"kind": "note", "title": "Moved to the new cluster", "text": None}), 201)
    with CaptureQueriesContext(connection) as queries:
        release = ok(api.post(EVENTS, {**WHOLE, "at": "2026-05-01T10:00:00.0000009+02:00"}), 201)
    assert len(queries) <= 10
    assert release == {
        **WHOLE,
        "id": release["id"],
        "system": "fraud-scorer",
        "recorded_at": release["recorded_at"],
        "recorded_by": "token pipeline",
        "voided": False,
        "voided_at": None,
        "voided_by": None,
        "void_reason": None,
    }
    assert (note["at"], note["text"], note["event_id"]) == (note["recorded_at"], None, None)
    without_time = {name: value for name, value in WHOLE.items() if name != "at"}
    for again in (WHOLE, without_time):
        assert ok(api.post(EVENTS, again), 200) == release
    assert [each["id"] for each in ok(api.get(EVENTS))["results"]] == [note["id"], release["id"]]
    assert [each["id"] for each in ok(api.get(EVENTS + "?kind=release"))["results"]] == [release["id"]]
    logged = Activity.objects.filter(action="event.recorded", system=system).order_by("id")
    assert [line.details["event"] for line in logged] == [note["id"], release["id"]]


@pytest.mark.parametrize("field", ["kind", "title", "text", "at", "url", "commit", "model_version"])
def test_other_content_under_a_known_id_is_a_conflict(api: Api, system: System, field: str) -> None:
    ok(api.post(EVENTS, WHOLE), 201)
    other = {"kind": "note", "at": "2026-05-01T08:00:00.000001Z", "url": "https://example.org/8"}.get(field, "other")
    assert faults(api.post(EVENTS, {**WHOLE, field: other}), 409) == {"/event_id"}
    assert SystemEvent.objects.count() == 1


def test_without_an_id_every_request_is_another_event(api: Api, system: System, churn: System) -> None:
    ok(api.post("/systems/churn/events/", WHOLE), 201)
    ok(api.post(EVENTS, WHOLE), 201)
    for _ in range(2):
        ok(api.post(EVENTS, {"kind": "note", "title": "Again"}), 201)
    assert SystemEvent.objects.filter(system=system).count() == 3


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"kind": "incident"}, "/kind"),
        ({"kind": None}, "/kind"),
        ({"title": " \n"}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"text": "x" * 2001}, "/text"),
        ({"at": "2026-05-01T08:00:00"}, "/at"),
        ({"at": "1999-12-31T23:59:59Z"}, "/at"),
        ({"url": "javascript:alert(1)"}, "/url"),
        ({"commit": "x" * 201}, "/commit"),
        ({"model_version": 7}, "/model_version"),
        ({"event_id": ""}, "/event_id"),
        ({"name": "x"}, "/name"),
    ],
)
def test_what_is_no_event_is_refused(api: Api, system: System, changes: dict[str, Any], pointer: str) -> None:
    assert faults(api.post(EVENTS, {**WHOLE, **changes})) == {pointer}
    assert not SystemEvent.objects.exists()


def test_an_event_lies_at_most_five_minutes_ahead(api: Api, system: System) -> None:
    ahead = timezone.now() + timedelta(minutes=6)
    assert faults(api.post(EVENTS, {**WHOLE, "at": ahead.isoformat()})) == {"/at"}
    ok(api.post(EVENTS, {**WHOLE, "at": (ahead - timedelta(minutes=2)).isoformat()}), 201)


def test_an_event_is_voided_once_and_never_changed(api: Api, make_api: MakeApi, system: System) -> None:
    event = ok(api.post(EVENTS, WHOLE), 201)
    address = f"{EVENTS}{event['id']}/void/"
    problem(make_api("results:write", "read").post(address, {"reason": "Typo"}), 403)
    assert faults(api.post(address, {"reason": " "})) == {"/reason"}
    voided = ok(api.post(address, {"reason": "Rolled back"}))
    assert (voided["voided"], voided["void_reason"], voided["voided_by"]) == (True, "Rolled back", "token pipeline")
    problem(api.post(address, {"reason": "Again"}), 409)
    assert ok(api.get(EVENTS))["results"] == [voided]
    assert ok(api.post(EVENTS, WHOLE), 200) == voided
    assert Activity.objects.get(action="event.voided").details == {"event": event["id"], "reason": "Rolled back"}
    for change in (
        lambda: SystemEvent.objects.update(title="Another"),
        lambda: SystemEvent.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_events_stay_in_their_system_and_organisation(
    api: Api, make_api: MakeApi, system: System, churn: System, foreign: System
) -> None:
    event = ok(api.post(EVENTS, WHOLE), 201)
    for client, slug in ((api, "secret"), (api, "nowhere"), (make_api(system=churn), "fraud-scorer")):
        problem(client.get(f"/systems/{slug}/events/"), 404)
        problem(client.post(f"/systems/{slug}/events/", WHOLE), 404)
    for slug, number in (("churn", event["id"]), ("fraud-scorer", 0), ("fraud-scorer", "x")):
        problem(api.post(f"/systems/{slug}/events/{number}/void/", {"reason": "Not here"}), 404)


def test_a_list_goes_on(api: Api, system: System) -> None:
    now = timezone.now()
    SystemEvent.objects.bulk_create(
        SystemEvent(system=system, kind="note", title=str(number), at=now, recorded_at=now, recorded_by="someone")
        for number in range(PAGE + 1)
    )
    first = ok(api.get(EVENTS + "?kind=note"))
    second = ok(api.get(first["next"].split("/api/v1")[1]))
    assert ([each["title"] for each in second["results"]], second["next"]) == (["0"], None)
