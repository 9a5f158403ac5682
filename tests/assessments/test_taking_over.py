"""Answers that were carried forward, copied from a sibling, or proposed by evidence; and what does not apply."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Membership
from assessments.carrying import confirm_answers, copy_answers
from assessments.changes import AnswerChange, StaleAnswer
from assessments.models import Answer, Assessment, System
from assessments.operations import finalise, save_answers, start_assessment
from tests.factories import assess, make_system, post

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SignIn = Callable[[Membership], Client]
NOW = timezone.now()


@pytest.fixture
def system(assessor: Membership) -> System:
    system = make_system(assessor.organisation, NOW - 90 * DAY, slug="fraud")
    assess(system, NOW - 60 * DAY, {"data-1": "manual", "data-2": "automated", "model-1": "manual"})
    return system


@pytest.fixture
def draft(assessor: Membership, system: System) -> Assessment:
    return start_assessment(actor=Actor.of(assessor), system=system, at=NOW, carry_forward=True)


def form_of(draft: Assessment) -> str:
    return f"/o/acme/systems/fraud/assessments/{draft.pk}/"


def unseen(draft: Assessment) -> list[str]:
    rows = Answer.objects.filter(assessment=draft, unseen_from__isnull=False)
    return sorted(rows.values_list("test", flat=True))


def test_what_was_carried_is_marked_until_somebody_looks(
    draft: Assessment, assessor: Membership, sign_in: SignIn
) -> None:
    client, actor = sign_in(assessor), Actor.of(assessor)
    assert unseen(draft) == ["data-1", "data-2", "model-1"]
    assert "Taken over and not looked at: 3" in client.get(form_of(draft) + "review/").content.decode()
    save_answers(actor=actor, assessment=draft, changes=[AnswerChange("data-1", level="automated")], at=NOW)
    assert unseen(draft) == ["data-2", "model-1"], "answering is looking"
    found = client.post(form_of(draft) + "marks/", {"confirm": "test data-2"}).json()
    assert found["stamps"] == {"data-2": "1"}
    assert unseen(draft) == ["model-1"]
    client.post(form_of(draft), {"confirm": "category model"})
    assert unseen(draft) == []
    stored = Assessment.objects.get(pk=draft.pk)
    assert stored.authors == ["axel@example.org"]
    assert Answer.objects.get(assessment=draft, test="model-1").version == 1
    finalise(actor=actor, assessment=draft, at=NOW)
    with pytest.raises(Conflict):
        confirm_answers(actor=actor, assessment=draft, tests=["data-1"])
    assert client.post(form_of(draft) + "marks/", {"confirm": "test data-1"}).status_code == 409


def test_chosen_answers_of_a_sibling_are_copied(
    draft: Assessment, assessor: Membership, stranger: Membership, sign_in: SignIn
) -> None:
    client, actor = sign_in(assessor), Actor.of(assessor)
    sibling = make_system(assessor.organisation, NOW - 90 * DAY, name="Ranking")
    source = assess(sibling, NOW - 5 * DAY, {"data-1": "none", "infra-1": "automated", "infra-2": "manual"})
    foreign = assess(make_system(stranger.organisation, NOW - 9 * DAY), NOW - DAY, {"infra-1": "automated"})
    assert "Ranking" in client.get(form_of(draft) + "copy/").content.decode()
    page = client.get(form_of(draft) + f"copy/?from={source.pk}").content.decode()
    assert 'value="infra-1 0"' in page
    assert 'value="data-1 1"' in page
    chosen = {"from": str(source.pk), "test": ["infra-1 0", "data-1 1"]}
    nothing = client.post(form_of(draft) + "copy/", {"from": source.pk})
    assert nothing["Location"] == form_of(draft) + f"copy/?from={source.pk}", "to choose again, from the same system"
    assert client.post(form_of(draft) + "copy/", chosen)["Location"] == form_of(draft)
    answers = dict(Answer.objects.filter(assessment=draft).values_list("test", "level"))
    assert answers == {"data-1": "none", "data-2": "automated", "model-1": "manual", "infra-1": "automated"}
    assert "Copied from Ranking" in client.get(form_of(draft)).content.decode()
    assert "infra-1" in unseen(draft)
    with pytest.raises(StaleAnswer):
        copy_answers(actor=actor, assessment=draft, source_id=source.pk, versions={"data-1": 1}, at=NOW)
    for source_id, test in ((foreign.pk, "infra-1"), (source.pk, "infra-7"), (draft.pk, "data-1")):
        with pytest.raises(Invalid):
            copy_answers(actor=actor, assessment=draft, source_id=source_id, versions={test: 0}, at=NOW)
    assert client.get(form_of(draft) + f"copy/?from={foreign.pk}").status_code == 404


def test_evidence_proposes_and_a_person_decides(
    draft: Assessment, system: System, assessor: Membership, sign_in: SignIn
) -> None:
    client = sign_in(assessor)
    post(system, ["data-1", "data-3"], [NOW - 2 * DAY, NOW - DAY], NOW)
    post(system, ["data-2"], [NOW - 41 * DAY], NOW)
    page = " ".join(client.get(form_of(draft)).content.decode().split())
    assert page.count('class="proposal"') == 3
    assert (
        "Evidence proposes <b>Automated</b>: 2 runs in the last 30 days, two of them at least 12 hours apart." in page
    )
    assert "Evidence proposes <b>None</b>: No run in the last 30 days; the newest was 41 days ago." in page
    accepted = {"data-1-level": "manual", "data-1-version": "1", "data-1-was": "x", "accept": "data-1 automated"}
    client.post(form_of(draft), accepted)
    client.post(form_of(draft), {"decline": "data-2 none"})
    client.post(form_of(draft) + "marks/", {"decline": "data-3 automated"})
    answers = dict(Answer.objects.filter(assessment=draft).values_list("test", "level"))
    assert answers == {"data-1": "automated", "data-2": "automated", "data-3": "none", "model-1": "manual"}
    assert 'class="proposal"' not in client.get(form_of(draft)).content.decode()
    review = client.get(form_of(draft) + "review/").content.decode()
    assert review.count("Its proposal was declined.") == 1, "the claim that evidence contradicts is listed"
    for wrong in ("data-77 manual", "data-1 great", "x"):
        assert client.post(form_of(draft) + "marks/", {"decline": wrong}).status_code == 400


def test_not_applicable_only_where_it_is_allowed(
    draft: Assessment, assessor: Membership, system: System, sign_in: SignIn
) -> None:
    client, actor = sign_in(assessor), Actor.of(assessor)
    change = AnswerChange("data-6", not_applicable=True, justification="No features are added.")
    save_answers(actor=actor, assessment=draft, changes=[change], at=NOW)
    page = " ".join(client.get(form_of(draft)).content.decode().split())
    assert "without 1 test that does not apply" in page
    assert 'id="data-5-na"' in page
    assessor.organisation.allow_not_applicable = False
    assessor.organisation.save()
    with pytest.raises(Invalid, match="does not allow"):
        save_answers(actor=actor, assessment=draft, changes=[change], at=NOW)
    with pytest.raises(Conflict, match="data-6"):
        finalise(actor=actor, assessment=draft, at=NOW)
    page = client.get(form_of(draft)).content.decode()
    assert 'id="data-6-na"' in page, "what is claimed stays in sight"
    assert 'id="data-5-na"' not in page


def test_pages_take_few_statements(draft: Assessment, assessor: Membership, sign_in: SignIn) -> None:
    client = sign_in(assessor)
    for name in ("Ranking", "Churn", "Search"):
        assess(make_system(assessor.organisation, NOW - 9 * DAY, name=name), NOW - DAY, {"infra-1": "manual"})
    for end in ("copy/", "review/"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(form_of(draft) + end).status_code == 200
        assert len(queries) <= 12
    with CaptureQueriesContext(connection) as queries:
        client.post(form_of(draft) + "marks/", {"confirm": "category data"})
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) <= 10
