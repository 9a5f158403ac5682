"""What happened to a system, as its pages tell it: lines, the form for notes, voiding."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.actors import Actor
from accounts.models import Activity, Membership, Organisation
from assessments.events import Told, record_event, void_event
from assessments.models import EventKind, System, SystemEvent
from assessments.systems import update_system
from dashboards.system.timeline_reading import PAGE
from evidence.rule_changes import change_rules
from tests.dashboards.pages import BUDGET, SignIn, address, read, text_of
from tests.factories import DAY, HOUR, assess, fraud_story, make_system, post

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>&\"'"


@pytest.fixture
def system(organisation: Organisation, now: datetime) -> System:
    """A system to which one thing of each kind happened."""
    made = make_system(organisation, now - 90 * DAY)
    actor = Actor(organisation)
    assess(made, now - 80 * DAY, dict.fromkeys(["data-1", "model-1", "infra-1", "monitor-1"], "manual"))
    post(made, ["data-1", "data-2"], [now - 70 * DAY], now)
    change_rules(actor=actor, system=made, changes={"windows": {"data-2": 20}}, at=now - 30 * DAY)
    made.refresh_from_db()
    update_system(actor=actor, system=made, changes={"target_score": 3}, at=now - 20 * DAY)
    for kind, days in ((EventKind.RELEASE, 10), (EventKind.NOTE, 5)):
        told = Told(kind, f"{kind} {HOSTILE}", HOSTILE, now - days * DAY, "https://example.org/7", "abc", "v7")
        record_event(actor=actor, system=made, told=told, at=now)
    return made


def tell(client: Client, system: System, **fields: str) -> int:
    """The status of the answer to the form of the timeline."""
    values = {"kind": "note", "title": "Moved to the new cluster", **fields}
    return client.post(address(system, "timeline/record/"), values).status_code


def test_all_that_happened_is_told_newest_first_with_what_it_did(
    system: System, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    client = sign_in(viewer)
    for rest in ("timeline/", ""):
        html = read(client, address(system, rest))
        words = text_of(html)
        assert "<script>alert" not in html
        order = [
            "Note note",
            "Release release",
            "target score: none to 3",
            "windows: none to data-2 20 days",
            "Evidence lapsed: Feature expectations are captured in a schema manual to none",
            "Evidence lapsed: All features are beneficial manual to none",
            "Assessment by command line",
        ]
        places = [words.index(line) for line in order]
        assert places == sorted(places)
        assert "score 0.5 The system as of" in words and "model version v7" in words
        assert "Add a note or a release" not in words
    assert "Evidence lapsed" not in text_of(read(client, address(system, "timeline/?kind=release")))
    early = text_of(read(client, address(system, f"?at={(now - 15 * DAY).date()}")))
    assert "target score" in early and "Release release" not in early


def test_a_note_is_added_by_hand_once(system: System, assessor: Membership, sign_in: SignIn) -> None:
    client = sign_in(assessor)
    form = read(client, address(system, "timeline/"))
    event_id = re.search(r'name="event_id" value="([^"]+)"', form)[1]  # type: ignore[index]
    for _ in range(2):
        assert tell(client, system, event_id=event_id, at="2026-05-01T08:30", url="https://example.org") == 302
    note = SystemEvent.objects.get(event_id=event_id)
    assert (note.at.isoformat(), note.recorded_by) == ("2026-05-01T08:30:00+00:00", assessor.person.email)
    assert tell(client, system, event_id=event_id, title="Another") == 422
    for wrong in (
        {"title": " "},
        {"kind": "lapse"},
        {"url": "javascript:x"},
        {"at": "2099-01-01T00:00"},
        {"text": "\0"},
    ):
        assert tell(client, system, **wrong) == 422, wrong
    assert SystemEvent.objects.filter(system=system).count() == 3


def test_a_voided_note_stays_struck_out_and_leaves_the_chart(
    system: System, admin: Membership, assessor: Membership, sign_in: SignIn
) -> None:
    note = SystemEvent.objects.get(kind=EventKind.NOTE)
    void = address(system, f"timeline/{note.pk}/void/")
    client = sign_in(admin)
    assert void in read(client, address(system, "timeline/"))
    assert void not in read(sign_in(assessor), address(system, "timeline/"))
    assert "This cannot be taken back." in read(client, void)
    assert client.post(void, {"reason": ""}).status_code == 422
    for _ in range(2):
        assert client.post(void, {"reason": "It was another system."}).status_code == 302
    assert "voided by ada@example.org: It was another system." in text_of(read(client, address(system, "timeline/")))
    html = read(client, address(system))
    assert "Note note" not in text_of(html) and '"name":"Note"' not in html and '"name":"Release"' in html
    assert Activity.objects.filter(action="event.voided", system=system).count() == 1


def test_a_long_timeline_goes_on(system: System, viewer: Membership, sign_in: SignIn, now: datetime) -> None:
    SystemEvent.objects.bulk_create(
        SystemEvent(system=system, kind="note", title=f"Note {number}", at=now - HOUR, recorded_at=now, recorded_by="x")
        for number in range(PAGE + 1)
    )
    client = sign_in(viewer)
    first = read(client, address(system, "timeline/?kind=note"))
    assert f"Note {PAGE}<" in first and "Note 0<" not in first
    older = unescape(re.search(r'href="([^"]+)" rel="next"', first)[1])  # type: ignore[index]
    second = read(client, older)
    assert "Note 0<" in second and "Note 1<" not in second and 'rel="next"' not in second
    for page in ("0", "-1", "x", "٣", "99999999999"):
        read(client, address(system, f"timeline/?page={page}"))


@pytest.mark.parametrize("rest", ["timeline/", "explain/", "explain/?at=2026-06-01"])
def test_these_pages_cost_at_most_twelve_statements(
    organisation: Organisation,
    owner: Membership,
    sign_in: SignIn,
    now: datetime,
    rest: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    fraud = fraud_story(organisation, now, by=owner.person)
    client = sign_in(owner)
    with django_assert_max_num_queries(BUDGET):
        read(client, address(fraud, rest))


def test_another_organisations_timeline_is_not_found(
    elsewhere: Organisation, owner: Membership, sign_in: SignIn, now: datetime
) -> None:
    foreign = make_system(elsewhere, now)
    event, _ = record_event(actor=Actor(elsewhere), system=foreign, told=Told(EventKind.NOTE, "Secret"), at=now)
    own = make_system(owner.organisation, now)
    read(sign_in(owner), address(own, f"timeline/{event.pk}/void/"), 404)
    with pytest.raises(SystemEvent.DoesNotExist):
        void_event(actor=Actor.of(owner), event_id=event.pk, reason="No", at=now)
