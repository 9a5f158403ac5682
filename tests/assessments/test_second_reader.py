"""Where somebody else approves: who may finalise, what waits, and what is sent back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Conflict
from accounts.models import Membership, Scope
from accounts.tokens import create_token
from assessments.approval import submit_draft
from assessments.changes import AnswerChange
from assessments.importing import take_over
from assessments.models import Assessment
from assessments.operations import discard_draft, finalise, save_answers, start_assessment
from tests.factories import assess, make_system

pytestmark = pytest.mark.django_db
SignIn = Callable[[Membership], Client]
NOW = timezone.now()
CHANGE = AnswerChange("data-1", level="manual", justification="Read by hand.")


@pytest.fixture
def draft(assessor: Membership) -> Assessment:
    """A draft that Axel wrote, in an organisation where somebody else approves."""
    system = make_system(assessor.organisation, NOW - timedelta(days=9), slug="fraud")
    assess(system, NOW - timedelta(days=8), {"data-1": "automated"})
    assessor.organisation.second_reader = True
    assessor.organisation.save()
    draft = start_assessment(actor=Actor.of(assessor), system=system, at=NOW, carry_forward=True)
    save_answers(actor=Actor.of(assessor), assessment=draft, changes=[CHANGE], at=NOW)
    return draft


def place(draft: Assessment, end: str = "") -> str:
    return f"/o/acme/systems/fraud/assessments/{draft.pk}/{end}"


def test_the_approval_is_the_finalising(
    draft: Assessment, assessor: Membership, admin: Membership, sign_in: SignIn
) -> None:
    author, reader = sign_in(assessor), sign_in(admin)
    assert "Submit for approval" in author.get(place(draft, "review/")).content.decode()
    refused = author.post(place(draft, "finalise/"), follow=True).content.decode()
    assert "submit the draft for approval" in refused
    author.post(place(draft, "submit/"))
    assert "Waits for approval" in author.get(place(draft)).content.decode()
    mine = author.get(place(draft, "review/")).content.decode()
    assert "Approve and finalise" not in mine
    author.post(place(draft, "finalise/"))
    author.post(place(draft, "send-back/"), {"remarks": "Approved by myself."})
    assert Assessment.objects.get(pk=draft.pk).submitted_at is not None
    page = reader.get(place(draft, "review/")).content.decode()
    assert "Read by hand." in page, "the approver sees what changed since the last one, and why"
    assert "Approve and finalise" in page
    reader.post(place(draft, "finalise/"))
    final = Assessment.objects.get(pk=draft.pk)
    assert (final.status, final.recorded_by, final.authors) == ("final", "ada@example.org", ["axel@example.org"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.filter(pk=draft.pk).update(authors=[])


def test_what_waits_is_not_edited_and_can_be_sent_back(
    draft: Assessment, assessor: Membership, admin: Membership, sign_in: SignIn
) -> None:
    author, reader = sign_in(assessor), sign_in(admin)
    author.post(place(draft, "submit/"))
    for act in (
        lambda: save_answers(actor=Actor.of(admin), assessment=draft, changes=[CHANGE], at=NOW),
        lambda: discard_draft(actor=Actor.of(admin), assessment=draft, at=NOW),
        lambda: submit_draft(actor=Actor.of(admin), assessment=draft, at=NOW),
    ):
        with pytest.raises(Conflict, match="waits for approval"):
            act()
    answer = {"data-1-level": "none", "data-1-version": "2"}
    assert author.post(place(draft, "answers/data-1/"), answer).status_code == 422
    assert "Say why" in reader.post(place(draft, "send-back/"), {"remarks": " "}, follow=True).content.decode()
    reader.post(place(draft, "send-back/"), {"remarks": "<b>Which</b> reader?"})
    page = author.get(place(draft)).content.decode()
    assert "Sent back by Ada" in page
    assert "&lt;b&gt;Which&lt;/b&gt; reader?" in page
    author.post(place(draft, "submit/"))
    author.post(place(draft, "withdraw/"))
    stored = Assessment.objects.get(pk=draft.pk)
    assert (stored.submitted_at, stored.remarks) == (None, None)


def test_the_api_refuses_the_author_and_every_token(draft: Assessment, assessor: Membership, client: Client) -> None:
    submit_draft(actor=Actor.of(assessor), assessment=draft, at=NOW)
    _, secret = create_token(
        actor=Actor.of(assessor), name="ci", scopes=[Scope.ASSESSMENTS_WRITE], system_id=None, expires_at=None, at=NOW
    )
    address = f"/api/v1/systems/fraud/assessments/{draft.pk}/finalise/"
    response = client.post(address, content_type="application/json", headers={"Authorization": f"Bearer {secret}"})
    assert response.status_code == 409
    assert "approve" in response.json()["detail"]


def test_the_submitter_does_not_approve_though_they_wrote_nothing(
    draft: Assessment, assessor: Membership, admin: Membership
) -> None:
    submit_draft(actor=Actor.of(admin), assessment=draft, at=NOW)
    for member in (assessor, admin):
        with pytest.raises(Conflict, match="did not submit it"):
            finalise(actor=Actor.of(member), assessment=draft, at=NOW)


def test_an_import_of_the_past_waits_too(draft: Assessment, admin: Membership) -> None:
    past = NOW - timedelta(days=2)
    stored = take_over(actor=Actor.of(admin), system=draft.system, changes=[CHANGE], at=NOW, effective_at=past)
    assert (stored.status, stored.submitted_by) == ("draft", admin.person)
