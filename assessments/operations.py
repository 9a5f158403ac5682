"""What a user can do to an assessment: start, answer, finalise, discard, void."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Invalid
from assessments.claims import freeze
from assessments.links import LONGEST_LINK, is_link
from assessments.models import Answer, Assessment, AssessmentStatus, System, TeamSession
from assessments.presence import leave
from rubric.levels import LEVELS, Level
from rubric.loader import builtin

LONGEST_JUSTIFICATION = 10_000
MOST_LINKS = 20


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """A change of one answer. None leaves a field as it is; `version` None overwrites whatever is there.

    `version` is the one that the writer has seen, 0 for a test without an answer.
    """

    test: str
    level: str | None = None
    justification: str | None = None
    evidence: list[str] | None = None
    not_applicable: bool | None = None
    version: int | None = None


class StaleAnswer(Conflict):
    """Somebody else changed an answer since the writer saw it; `stored` holds those answers by test."""

    def __init__(self, stored: dict[str, Answer | None], *faults: FieldFault) -> None:
        super().__init__("An answer was changed by someone else in the meantime.", *faults)
        self.stored = stored


@transaction.atomic
def start_assessment(
    *, actor: Actor, system: System, at: datetime, carry_forward: bool = False, effective_at: datetime | None = None
) -> Assessment:
    """Open a draft, blank or with the answers of the newest final assessment.

    With `effective_at`, an instant before `at`, it is an import of older records, for the edition in force then. Raises
    Invalid for an instant that is not past, Conflict when a draft is open already.
    """
    system = System.objects.select_for_update().get(pk=system.pk)
    if effective_at is not None and effective_at >= at:
        raise Invalid(FieldFault(("effective_at",), "An imported assessment holds from an instant in the past."))
    imported = effective_at is not None
    if not imported and open_draft(system) is not None:
        raise Conflict("This system has an open draft already.")
    source = _newest_final(system, effective_at or at) if carry_forward else None
    draft = Assessment.objects.create(
        system=system,
        rubric=system.edition_at(effective_at or at),
        imported=imported,
        effective_at=effective_at,
        started_at=at,
        recorded_at=at,
        recorded_by=actor.label,
        author=actor.person,
        carried_from=source,
    )
    if source is not None:
        tests = builtin()[draft.rubric].tests
        Answer.objects.bulk_create(
            Answer(assessment=draft, test=answer.test, updated_at=at, updated_by=actor.label, **answer.content())
            for answer in source.answers.all()
            if answer.test in tests
        )
    return draft


def open_draft(system: System) -> Assessment | None:
    """The system's one open draft, imports aside."""
    return Assessment.objects.filter(system=system, status=AssessmentStatus.DRAFT, imported=False).first()


def _newest_final(system: System, at: datetime) -> Assessment | None:
    return Assessment.objects.final().filter(system=system, effective_at__lte=at).last()


@transaction.atomic
def save_answers(
    *, actor: Actor, assessment: Assessment, changes: Sequence[AnswerChange], at: datetime
) -> dict[str, Answer]:
    """Save answers of a draft, all or none; answers every answer of the draft as stored, by test.

    A change without effect keeps its version. Raises Invalid (paths start at ("answers", index)), Conflict when the
    assessment is no draft, StaleAnswer when a change bears an outdated version.
    """
    draft = _locked_draft(actor, assessment.pk)
    faults = [fault for index, change in enumerate(changes) for fault in _faults_of(draft, index, change)]
    repeated = {change.test for change in changes}
    if len(repeated) < len(changes):
        faults.append(FieldFault(("answers",), "Each test may be named once."))
    if faults:
        raise Invalid(*faults)
    stored = {answer.test: answer for answer in draft.answers.all()}
    _refuse_stale(changes, stored)
    touched = []
    for index, change in enumerate(changes):
        known = stored.get(change.test)
        answer = known or Answer(assessment=draft, test=change.test, level=Level.NONE.key, version=0)
        before = answer.content()
        _apply(answer, change)
        if answer.not_applicable and not answer.justification.strip():
            detail = "Say why the test does not apply."
            raise Invalid(FieldFault(("answers", index, "justification"), detail))
        if known is None or answer.content() != before:
            answer.version += 1
            answer.updated_at, answer.updated_by = at, actor.label
            touched.append(answer)
        stored[change.test] = answer
    if touched:
        Answer.objects.bulk_create(
            touched,
            update_conflicts=True,
            unique_fields=["assessment", "test"],
            update_fields=[
                "level",
                "justification",
                "evidence",
                "not_applicable",
                "version",
                "updated_at",
                "updated_by",
            ],
        )
        Assessment.objects.filter(pk=draft.pk).update(version=draft.version + 1)
    return stored


def _locked_draft(actor: Actor, assessment_id: int) -> Assessment:
    draft = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("system")
        .get(pk=assessment_id, system__organisation=actor.organisation)
    )
    if not draft.is_draft:
        raise Conflict("This assessment is final; it can't be changed any more.")
    return draft


def _faults_of(draft: Assessment, index: int, change: AnswerChange) -> list[FieldFault]:
    here = ("answers", index)
    faults = []
    if change.test not in builtin()[draft.rubric].tests:
        faults.append(FieldFault((*here, "test"), f"{change.test!r} is no test of the rubric {draft.rubric}."))
    if change.level is not None and change.level not in LEVELS:
        faults.append(FieldFault((*here, "level"), f"One of {', '.join(LEVELS)}."))
    if change.not_applicable and change.level not in (None, Level.NONE.key):
        faults.append(FieldFault((*here, "level"), "A test that does not apply claims none."))
    if change.justification is not None and len(change.justification) > LONGEST_JUSTIFICATION:
        detail = f"At most {LONGEST_JUSTIFICATION} characters."
        faults.append(FieldFault((*here, "justification"), detail))
    if change.evidence is not None and len(change.evidence) > MOST_LINKS:
        faults.append(FieldFault((*here, "evidence"), f"At most {MOST_LINKS} links."))
    for position, link in enumerate(change.evidence or []):
        if not is_link(link):
            detail = f"{link[:80]!r} is no http or https address of up to {LONGEST_LINK} characters."
            faults.append(FieldFault((*here, "evidence", position), detail))
    return faults


def _refuse_stale(changes: Sequence[AnswerChange], stored: dict[str, Answer]) -> None:
    stale = {
        index: change
        for index, change in enumerate(changes)
        if change.version is not None
        and change.version != (stored[change.test].version if change.test in stored else 0)
    }
    if stale:
        raise StaleAnswer(
            {change.test: stored.get(change.test) for change in stale.values()},
            *(FieldFault(("answers", index, "version"), "The answer has a newer version.") for index in stale),
        )


def _apply(answer: Answer, change: AnswerChange) -> None:
    given: dict[str, Any] = {
        field: getattr(change, field)
        for field in ("level", "justification", "evidence", "not_applicable")
        if getattr(change, field) is not None
    }
    if given.get("not_applicable"):
        given["level"] = Level.NONE.key
    elif given.get("level", Level.NONE.key) != Level.NONE.key:
        given.setdefault("not_applicable", False)
    for field, value in given.items():
        setattr(answer, field, value)


@transaction.atomic
def finalise(*, actor: Actor, assessment: Assessment, at: datetime) -> Assessment:
    """Freeze a draft for good: its claims hold from `at`, or from its own past instant when it is an import.

    Raises Conflict when it is no draft, or when the system moved to another rubric edition since it was started.
    """
    system = System.objects.select_for_update().get(pk=assessment.system_id)
    draft = _locked_draft(actor, assessment.pk)
    moved_at = system.edition_changed_at
    if moved_at is not None and moved_at >= draft.started_at:
        raise Conflict(f"The system moved to {system.rubric} after this draft was started; start another one.")
    draft.claims = freeze(draft.answers.all())
    draft.status = AssessmentStatus.FINAL
    draft.effective_at = draft.effective_at if draft.imported else at
    draft.recorded_at, draft.recorded_by, draft.author = at, actor.label, actor.person
    draft.save()
    leave(draft=draft)
    activity.record(
        actor=actor,
        at=at,
        action="assessment.finalised",
        summary=f"Finalised an assessment of {system}",
        system_id=system.pk,
        details={"assessment": draft.pk, "imported": draft.imported},
    )
    return draft


@transaction.atomic
def discard_draft(*, actor: Actor, assessment: Assessment, at: datetime) -> None:
    """Delete a draft with its answers and team sessions. Raises Conflict when it is no draft."""
    draft = _locked_draft(actor, assessment.pk)
    draft.answers.all().delete()
    TeamSession.objects.filter(assessment=draft).discard()
    draft.delete()
    activity.record(
        actor=actor,
        at=at,
        action="assessment.discarded",
        summary=f"Discarded a draft of {draft.system}",
        system_id=draft.system_id,
    )


@transaction.atomic
def void_assessment(*, actor: Actor, assessment: Assessment, reason: str, at: datetime) -> Assessment:
    """Void a final assessment: it stays, marked, and counts nothing at any time.

    Raises Conflict when it is a draft or voided already.
    """
    final = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("system")
        .get(pk=assessment.pk, system__organisation=actor.organisation)
    )
    if final.status != AssessmentStatus.FINAL:
        raise Conflict("Only a final assessment can be voided, and only once.")
    final.status = AssessmentStatus.VOIDED
    final.voided_at, final.voided_by, final.void_reason = at, actor.label, reason
    final.save(update_fields=["status", "voided_at", "voided_by", "void_reason"])
    activity.record(
        actor=actor,
        at=at,
        action="assessment.voided",
        summary=f"Voided an assessment of {final.system}",
        system_id=final.system_id,
        details={"assessment": final.pk, "reason": reason},
    )
    return final
