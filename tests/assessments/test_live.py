"""What an open form asks every few seconds: who is here, and what others saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Membership
from assessments.changes import AnswerChange
from assessments.models import Assessment, Presence
from assessments.operations import finalise, save_answers, start_assessment
from assessments.presence import HOLDS, RENEWED_AFTER, be_present
from tests.factories import make_system

pytestmark = pytest.mark.django_db
SignIn = Callable[[Membership], Client]


@pytest.fixture
def draft(assessor: Membership) -> Assessment:
    system = make_system(assessor.organisation, timezone.now() - timedelta(days=9), slug="fraud")
    return start_assessment(actor=Actor.of(assessor), system=system, at=timezone.now())


def ask(client: Client, draft: Assessment, version: int, *seen: str) -> dict[str, Any]:
    place = f"/o/acme/systems/fraud/assessments/{draft.pk}/live/"
    found: dict[str, Any] = client.post(place, {"version": str(version), "seen": seen}).json()
    return found


def test_presence_is_renewed_rarely_and_expires(assessor: Membership, admin: Membership, draft: Assessment) -> None:
    now = timezone.now()
    assert be_present(person=assessor.person, draft=draft, at=now) == []
    assert be_present(person=admin.person, draft=draft, at=now) == [assessor.person]
    soon = now + RENEWED_AFTER - timedelta(microseconds=1)
    with CaptureQueriesContext(connection) as queries:
        assert be_present(person=assessor.person, draft=draft, at=soon) == [admin.person]
    assert len(queries) == 1, "nothing is written"
    assert be_present(person=admin.person, draft=draft, at=now + HOLDS) == []
    assert [row.person_id for row in Presence.objects.all()] == [admin.person_id], "what holds no longer is gone"


def test_others_answers_arrive_with_their_names(
    assessor: Membership, admin: Membership, draft: Assessment, sign_in: SignIn
) -> None:
    client = sign_in(assessor)
    assert ask(client, draft, 1, "data-1:0") == {"people": [], "version": 1}
    change = AnswerChange("data-1", level="manual", justification="<b>By hand</b>")
    save_answers(actor=Actor.of(admin), assessment=draft, changes=[change], at=timezone.now())
    ask(sign_in(admin), draft, 2)
    with CaptureQueriesContext(connection) as queries:
        news = ask(client, draft, 1, "data-1:0", "data-2:0", "data-77:0", "x")
    (row,) = news["rows"]
    assert (news["people"], news["version"]) == (["Ada"], 2)
    assert (row["test"], row["stamp"], row["who"], row["word"]) == ("data-1", "1", "Ada", "Manual")
    assert "&lt;b&gt;By hand&lt;/b&gt;" in row["html"]
    assert 'id="score-panel"' in news["panel"]
    assert len(queries) <= 12
    assert ask(client, draft, 1, "data-1:1")["rows"] == [], "the reader's own are no news"
    with CaptureQueriesContext(connection) as queries:
        assert "rows" not in ask(client, draft, 2, "data-1:0")
    assert len(queries) <= 4, "asking again without news is cheap"


def test_a_final_assessment_is_closed(assessor: Membership, draft: Assessment, sign_in: SignIn) -> None:
    client = sign_in(assessor)
    ask(client, draft, 1)
    finalise(actor=Actor.of(assessor), assessment=draft, at=timezone.now())
    assert "not being edited any more" in ask(client, draft, 1)["closed"]
    assert not Presence.objects.exists()
