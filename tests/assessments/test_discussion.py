"""What is said about a test, who is mentioned, who sees to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Forbidden, Invalid
from accounts.models import Membership
from assessments.approval import submit_draft
from assessments.discussion import add_comment, assign
from assessments.mentions import handles, mentioned_in
from assessments.models import Comment, System, Thread
from assessments.operations import discard_draft, start_assessment
from notify.models import Notice
from tests.cast import make_person
from tests.factories import make_system

pytestmark = pytest.mark.django_db
SignIn = Callable[[Membership], Client]
NOW = timezone.now()
PLACE = "/o/acme/systems/fraud/assessments/tests/data-1/"


@pytest.fixture
def system(assessor: Membership) -> System:
    return make_system(assessor.organisation, NOW - timedelta(days=9), slug="fraud")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ada, look", ["ada"]),
        ("Ask @ada. Or @axel.", ["ada", "axel"]),
        ("@ADA@example.org twice @ada", ["ada"]),
        ("@sam is two people", []),
        ("@sam@elsewhere.org is one", ["sam"]),
        ("mail ada@example.org, @@ada, @nobody, @", []),
    ],
)
def test_mentions(text: str, names: list[str]) -> None:
    people = [make_person(name) for name in ("ada", "axel", "sam")]
    other = make_person("samuel")
    other.email = "sam@elsewhere.org"
    found = mentioned_in(text, handles([*people, other]))
    assert [person.email.partition("@")[0] for person in found] == names


def told(kind: str) -> list[str]:
    return sorted(Notice.objects.filter(kind=kind).values_list("person__name", flat=True))


def test_comments_are_kept_and_those_mentioned_are_told(
    system: System, assessor: Membership, admin: Membership, stranger: Membership, sign_in: SignIn
) -> None:
    client = sign_in(assessor)
    actor = Actor.of(assessor)
    draft = start_assessment(actor=actor, system=system, at=NOW)
    client.post(PLACE, {"text": "<i>@ada</i>: and @axel, @steve?"})
    page = client.get(PLACE).content.decode()
    assert "&lt;i&gt;<b>@Ada</b>&lt;/i&gt;: and <b>@Axel</b>, @steve?" in page
    assert told("mentioned") == ["Ada"], "not the author, and no stranger"
    fragment = client.post(PLACE, {"text": "Once more."}, headers={"HX-Request": "true"}).content.decode()
    assert "2 comments" in fragment
    assert "<html" not in fragment
    assert client.post(PLACE, {"text": " "}).status_code == 422
    assert client.get(PLACE.replace("data-1", "data-77")).status_code == 404
    discard_draft(actor=actor, assessment=draft, at=NOW)
    assert Comment.objects.count() == 2
    for text, test in (("x" * 4001, "data-1"), ("x", "data-77")):
        with pytest.raises(Invalid):
            add_comment(actor=actor, system=system, test=test, text=text, at=NOW)
    with pytest.raises(Forbidden):
        add_comment(actor=Actor(assessor.organisation), system=system, test="data-1", text="x", at=NOW)


def test_a_member_is_assigned_and_told_once(
    system: System, assessor: Membership, admin: Membership, stranger: Membership, sign_in: SignIn
) -> None:
    client = sign_in(assessor)
    due = {"person": str(admin.person_id), "due": "2027-01-15"}
    client.post(PLACE + "assign/", due)
    client.post(PLACE + "assign/", due | {"due": ""})
    client.post(PLACE + "assign/", due)
    thread = Thread.objects.get()
    assert (thread.person, thread.due) == (admin.person, date(2027, 1, 15))
    assert told("assigned") == ["Ada"]
    draft = start_assessment(actor=Actor.of(assessor), system=system, at=NOW)
    page = client.get(f"/o/acme/systems/fraud/assessments/{draft.pk}/").content.decode()
    assert "Ada, due 15 Jan 2027" in page
    for wrong in ({"person": str(stranger.person_id)}, {"person": "x"}, {"due": "tomorrow"}):
        assert client.post(PLACE + "assign/", wrong).status_code == 422
    with pytest.raises(Invalid):
        assign(actor=Actor.of(assessor), system=system, test="data-1", person=stranger.person, due=None, at=NOW)
    assert Thread.objects.get().person == admin.person


def test_those_who_may_approve_are_told(
    system: System, assessor: Membership, admin: Membership, viewer: Membership
) -> None:
    assessor.organisation.second_reader = True
    draft = start_assessment(actor=Actor.of(assessor), system=system, at=NOW)
    submit_draft(actor=Actor.of(assessor), assessment=draft, at=NOW)
    assert told("approval.waits") == ["Ada", "Olga"]


def test_few_statements(system: System, assessor: Membership, sign_in: SignIn) -> None:
    actor = Actor.of(assessor)
    for number in range(5):
        add_comment(actor=actor, system=system, test="data-1", text=f"@axel {number}", at=NOW)
    client = sign_in(assessor)
    with CaptureQueriesContext(connection) as queries:
        client.get(PLACE)
    assert len(queries) <= 12
