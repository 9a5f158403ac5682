"""What a user can do to an assessment, by its operations and by going around them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Activity, Organisation
from assessments.changes import AnswerChange, StaleAnswer
from assessments.importing import take_over
from assessments.models import Answer, Assessment, System
from assessments.operations import discard_draft, finalise, save_answers, start_assessment, void_assessment
from assessments.systems import create_system, update_system
from tests.cast import NOW
from tests.factories import assess, make_system

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
Change = AnswerChange


@pytest.fixture
def system(organisation: Organisation) -> System:
    return make_system(organisation, NOW - 400 * DAY, slug="fraud")


@pytest.fixture
def actor(organisation: Organisation) -> Actor:
    return Actor(organisation)


@pytest.fixture
def draft(actor: Actor, system: System) -> Assessment:
    return start_assessment(actor=actor, system=system, at=NOW)


def save(actor: Actor, draft: Assessment, *changes: AnswerChange, at: datetime = NOW) -> dict[str, Answer]:
    return save_answers(actor=actor, assessment=draft, changes=changes, at=at)


@pytest.mark.parametrize(
    ("stored_versions", "seen", "stale"),
    [
        (0, 0, False),
        (0, 1, True),
        (1, 1, False),
        (1, 0, True),
        (2, 1, True),
        (2, 2, False),
        (2, 3, True),
        (2, None, False),
    ],
)
def test_an_outdated_version_is_refused(
    actor: Actor, draft: Assessment, stored_versions: int, seen: int | None, stale: bool
) -> None:
    for number in range(stored_versions):
        save(actor, draft, Change("data-1", justification=f"text {number}"))
    change = Change("data-1", level="manual", version=seen)
    if not stale:
        assert save(actor, draft, change)["data-1"].version == stored_versions + 1
        return
    with pytest.raises(StaleAnswer) as refused:
        save(actor, draft, change, Change("data-2", level="manual", version=0))
    theirs = refused.value.stored["data-1"]
    assert (theirs.version if theirs else 0) == stored_versions
    assert [fault.path for fault in refused.value.faults] == [("answers", 0, "version")]
    assert not draft.answers.filter(level="manual").exists()


def test_a_change_without_effect_keeps_its_version(actor: Actor, draft: Assessment) -> None:
    save(actor, draft, Change("data-1", level="manual"))
    version = Assessment.objects.get(pk=draft.pk).version
    assert save(actor, draft, Change("data-1", level="manual", version=1))["data-1"].version == 1
    assert Assessment.objects.get(pk=draft.pk).version == version


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (Change("data-9", level="manual"), ("answers", 0, "test")),
        (Change("data-1", level="done"), ("answers", 0, "level")),
        (Change("data-1", not_applicable=True), ("answers", 0, "justification")),
        (Change("data-1", not_applicable=True, justification="  "), ("answers", 0, "justification")),
        (Change("data-1", not_applicable=True, level="manual", justification="No."), ("answers", 0, "level")),
        (Change("data-1", justification="x" * 10_001), ("answers", 0, "justification")),
        (Change("data-1", evidence=["https://a.example"] * 21), ("answers", 0, "evidence")),
        (Change("data-1", evidence=["https://a.example", "javascript:alert(1)"]), ("answers", 0, "evidence", 1)),
        (Change("data-1", evidence=["https://"]), ("answers", 0, "evidence", 0)),
        (Change("data-1", evidence=["https://a.example/" + "x" * 2000]), ("answers", 0, "evidence", 0)),
        (Change("data-1", evidence=["https://a.example/b c"]), ("answers", 0, "evidence", 0)),
    ],
)
def test_a_wrong_answer_is_refused_whole(actor: Actor, draft: Assessment, change: Change, path: Any) -> None:
    with pytest.raises(Invalid) as refused:
        save(actor, draft, change, Change("data-2", level="manual"))
    assert [fault.path for fault in refused.value.faults] == [path]
    assert not draft.answers.exists()


def test_not_applicable_and_a_level_exclude_each_other(actor: Actor, draft: Assessment) -> None:
    save(actor, draft, Change("data-1", level="automated", justification="Not used here."))
    answer = save(actor, draft, Change("data-1", not_applicable=True))["data-1"]
    assert (answer.level, answer.not_applicable) == ("none", True)
    answer = save(actor, draft, Change("data-1", level="manual"))["data-1"]
    assert (answer.level, answer.not_applicable) == ("manual", False)


def test_carrying_forward_takes_the_answers_of_the_newest_final(actor: Actor, system: System) -> None:
    assess(system, NOW - 60 * DAY, {"data-1": "manual"})
    source = assess(system, NOW - 30 * DAY, {"data-1": "automated", "data-2": "na"})
    void = assess(system, NOW - 10 * DAY, {"data-3": "manual"})
    void_assessment(actor=actor, assessment=void, reason="A mistake.", at=NOW - 9 * DAY)
    carried = start_assessment(actor=actor, system=system, at=NOW, carry_forward=True)
    assert carried.carried_from == source
    answers = {answer.test: answer.content() for answer in carried.answers.all()}
    assert answers == {answer.test: answer.content() for answer in source.answers.all()}
    assert {answer.version for answer in carried.answers.all()} == {1}


def test_carrying_forward_drops_what_the_new_edition_lacks(actor: Actor, system: System) -> None:
    assess(system, NOW - 30 * DAY, {"data-1": "automated"})
    update_system(actor=actor, system=system, changes={"rubric": "key-principles"}, at=NOW - DAY)
    carried = start_assessment(actor=actor, system=system, at=NOW, carry_forward=True)
    assert carried.rubric == "key-principles"
    assert not carried.answers.exists()


def test_one_open_draft_besides_imports(actor: Actor, system: System, draft: Assessment) -> None:
    with pytest.raises(Conflict):
        start_assessment(actor=actor, system=system, at=NOW)
    for _ in range(2):
        assert start_assessment(actor=actor, system=system, at=NOW, effective_at=NOW - DAY).imported


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(microseconds=1), DAY])
def test_an_import_lies_in_the_past(actor: Actor, system: System, ahead: timedelta) -> None:
    with pytest.raises(Invalid):
        start_assessment(actor=actor, system=system, at=NOW, effective_at=NOW + ahead)


def test_an_import_holds_from_its_own_instant_by_the_edition_of_then(actor: Actor, system: System) -> None:
    update_system(actor=actor, system=system, changes={"rubric": "ml-test-score-2016"}, at=NOW - 2 * DAY)
    then = NOW - 100 * DAY
    final = take_over(actor=actor, system=system, changes=[Change("data-1", level="manual")], at=NOW, effective_at=then)
    assert (final.status, final.imported, final.effective_at, final.recorded_at) == ("final", True, then, NOW)
    assert (final.rubric, final.claims) == ("ml-test-score-2017", {"data-1": "manual"})


def test_a_refused_import_leaves_nothing(actor: Actor, system: System) -> None:
    with pytest.raises(Invalid):
        take_over(actor=actor, system=system, changes=[Change("data-9", level="manual")], at=NOW)
    assert not Assessment.objects.exists()


def test_a_draft_of_an_edition_that_the_system_left_is_not_finalised(actor: Actor, system: System) -> None:
    draft = start_assessment(actor=actor, system=system, at=NOW)
    update_system(actor=actor, system=system, changes={"rubric": "ml-test-score-2016"}, at=NOW + DAY)
    save(actor, draft, Change("data-1", level="manual"))
    with pytest.raises(Conflict):
        finalise(actor=actor, assessment=draft, at=NOW + 2 * DAY)
    assert Assessment.objects.get(pk=draft.pk).is_draft


def test_finalising_freezes_the_claims_for_good(actor: Actor, system: System, draft: Assessment) -> None:
    save(actor, draft, Change("data-1", level="manual"), Change("data-2", not_applicable=True, justification="No."))
    final = finalise(actor=actor, assessment=draft, at=NOW + DAY)
    assert (final.effective_at, final.claims) == (NOW + DAY, {"data-1": "manual", "data-2": "na"})
    refusals: list[Any] = [
        lambda: save(actor, final, Change("data-1", level="none")),
        lambda: finalise(actor=actor, assessment=final, at=NOW + 2 * DAY),
        lambda: discard_draft(actor=actor, assessment=final, at=NOW + 2 * DAY),
    ]
    for refusal in refusals:
        with pytest.raises(Conflict):
            refusal()
    assert Activity.objects.filter(action="assessment.finalised", system=system).count() == 1


def test_triggers_guard_what_is_final(actor: Actor, system: System) -> None:
    """Whatever goes around the operations is refused by the database itself."""
    final = assess(system, NOW - DAY, {"data-1": "manual"})
    mine = Assessment.objects.filter(pk=final.pk)
    attempts: list[Any] = [
        lambda: mine.update(claims={}),
        lambda: mine.update(effective_at=NOW),
        lambda: mine.update(status="draft"),
        lambda: mine.update(version=9),
        lambda: mine.delete(),
        lambda: final.answers.update(level="automated"),
        lambda: final.answers.all().delete(),
        lambda: Answer.objects.create(assessment=final, test="data-2", level="none", updated_at=NOW, updated_by="x"),
    ]
    for attempt in attempts:
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    assert mine.get().claims == {"data-1": "manual"}
    voided = void_assessment(actor=actor, assessment=final, reason="Wrong.", at=NOW)
    assert (voided.status, voided.void_reason, voided.claims) == ("voided", "Wrong.", {"data-1": "manual"})
    with pytest.raises(DatabaseError), transaction.atomic():
        mine.update(status="final")


def test_voiding_happens_once_and_to_finals_only(actor: Actor, system: System, draft: Assessment) -> None:
    with pytest.raises(Conflict):
        void_assessment(actor=actor, assessment=draft, reason="x", at=NOW)
    final = finalise(actor=actor, assessment=draft, at=NOW)
    void_assessment(actor=actor, assessment=final, reason="x", at=NOW)
    with pytest.raises(Conflict):
        void_assessment(actor=actor, assessment=final, reason="x", at=NOW)


def test_discarding_deletes_a_draft_and_says_so(actor: Actor, system: System, draft: Assessment) -> None:
    save(actor, draft, Change("data-1", level="manual"))
    discard_draft(actor=actor, assessment=draft, at=NOW)
    assert not Assessment.objects.exists()
    assert Activity.objects.filter(action="assessment.discarded").count() == 1


def test_another_organisation_reaches_nothing(elsewhere: Organisation, draft: Assessment) -> None:
    stranger = Actor(elsewhere)
    attempts: list[Any] = [
        lambda: save(stranger, draft, Change("data-1", level="manual")),
        lambda: finalise(actor=stranger, assessment=draft, at=NOW),
        lambda: discard_draft(actor=stranger, assessment=draft, at=NOW),
        lambda: void_assessment(actor=stranger, assessment=draft, reason="x", at=NOW),
    ]
    for attempt in attempts:
        with pytest.raises(Assessment.DoesNotExist):
            attempt()


def test_the_slug_of_a_page_is_no_system(actor: Actor) -> None:
    with pytest.raises(Invalid):
        create_system(actor=actor, at=NOW, name="New", slug="new")
    assert create_system(actor=actor, at=NOW, name="New").slug != "new"
