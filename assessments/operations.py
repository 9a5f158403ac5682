"""What a user can do to an assessment: start, answer, finalise, discard, void."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Invalid
from accounts.models import Organisation
from assessments.changes import AnswerChange, apply, check_changes, refuse_stale
from assessments.claims import NOT_APPLICABLE, freeze
from assessments.models import Answer, Assessment, AssessmentStatus, System, TeamSession
from assessments.presence import leave
from assessments.uploads import drop_uploads, take_attachments_over
from notify.changes import SystemChange, system_changed
from rubric.levels import Level
from rubric.loader import builtin

STORED_FIELDS = (
    "level",
    "justification",
    "evidence",
    "not_applicable",
    "version",
    "unseen_from",
    "updated_at",
    "updated_by",
)


@transaction.atomic
def start_assessment(
    *, actor: Actor, system: System, at: datetime, carry_forward: bool = False, effective_at: datetime | None = None
) -> Assessment:
    """Open a draft, blank or with the answers of the newest final assessment, marked as not looked at.

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
            Answer(
                assessment=draft,
                test=answer.test,
                unseen_from=source,
                updated_at=at,
                updated_by=actor.label,
                **taken_over(answer, actor.organisation),
            )
            for answer in source.answers.all()
            if answer.test in tests
        )
        take_attachments_over(source=source, draft=draft, tests=list(tests))
    return draft


def taken_over(answer: Answer, organisation: Organisation) -> dict[str, Any]:
    """The content of another assessment's answer; `not applicable` becomes none where it is not allowed any more."""
    content = answer.content()
    if not organisation.allow_not_applicable:
        content["not_applicable"] = False
    return content


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
    draft = locked_draft(actor, assessment.pk)
    check_changes(draft, changes, not_applicable_allowed=actor.organisation.allow_not_applicable)
    stored = {answer.test: answer for answer in draft.answers.all()}
    refuse_stale(changes, stored)
    touched = []
    for index, change in enumerate(changes):
        known = stored.get(change.test)
        answer = known or Answer(assessment=draft, test=change.test, level=Level.NONE.key, version=0)
        before = answer.content()
        apply(answer, change)
        if answer.not_applicable and not answer.justification.strip():
            detail = "Say why the test does not apply."
            raise Invalid(FieldFault(("answers", index, "justification"), detail))
        changed = known is None or answer.content() != before
        if changed:
            answer.version += 1
            answer.updated_at, answer.updated_by = at, actor.label
        if changed or answer.unseen_from_id is not None:
            touched.append(answer)
        # Whoever names an answer has looked at it.
        answer.unseen_from = None
        stored[change.test] = answer
    if touched:
        Answer.objects.bulk_create(
            touched, update_conflicts=True, unique_fields=["assessment", "test"], update_fields=STORED_FIELDS
        )
        mark_changed(draft, actor)
    return stored


def mark_changed(draft: Assessment, actor: Actor | None) -> None:
    """Raise the version of a locked draft; `actor`, where one is given, becomes one of its authors."""
    draft.version += 1
    if actor is not None:
        draft.authors = sorted({*(draft.authors or []), actor.label})
    Assessment.objects.filter(pk=draft.pk).update(version=draft.version, authors=draft.authors)


def locked_draft(actor: Actor, assessment_id: int, *, submitted: bool = False) -> Assessment:
    """The actor's organisation's draft of this id, its row locked.

    Raises Conflict when it is no draft, or when it waits for approval, unless `submitted` says that it may.
    """
    draft = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("system")
        .get(pk=assessment_id, system__organisation=actor.organisation)
    )
    if not draft.is_draft:
        raise Conflict("This assessment is final; it can't be changed any more.")
    if draft.submitted_at is not None and not submitted:
        raise Conflict("This draft waits for approval. Withdraw it to change it.")
    return draft


@transaction.atomic
def finalise(*, actor: Actor, assessment: Assessment, at: datetime) -> Assessment:
    """Freeze a draft for good: its claims hold from `at`, or from its own past instant when it is an import.

    Raises Conflict when it is no draft, when the system moved to another rubric edition since it was started, when it
    claims tests not applicable although the organisation does not allow that, and when the organisation wants somebody
    else's approval and the actor can't give it.
    """
    system = System.objects.select_for_update().get(pk=assessment.system_id)
    draft = locked_draft(actor, assessment.pk, submitted=True)
    moved_at = system.edition_changed_at
    if moved_at is not None and moved_at >= draft.started_at:
        raise Conflict(f"The system moved to {system.rubric} after this draft was started; start another one.")
    check_may_finalise(actor, draft)
    draft.claims = freeze(draft.answers.all())
    _check_not_applicable(actor.organisation, draft.claims)
    draft.status = AssessmentStatus.FINAL
    draft.effective_at = draft.effective_at if draft.imported else at
    draft.recorded_at, draft.recorded_by, draft.author = at, actor.label, actor.person
    draft.save()
    System.objects.filter(pk=system.pk).forget_states(draft.effective_at)
    leave(draft=draft)
    activity.record(
        actor=actor,
        at=at,
        action="assessment.finalised",
        summary=f"Finalised an assessment of {system}",
        system_id=system.pk,
        details={"assessment": draft.pk, "imported": draft.imported},
    )
    system_changed(SystemChange(system.organisation_id, system.pk, at))
    return draft


def check_may_finalise(actor: Actor, draft: Assessment) -> None:
    """Raises Conflict when a second reader has to approve the draft and the actor is none, or it is not submitted."""
    if not actor.organisation.second_reader:
        return
    if draft.submitted_at is None:
        raise Conflict("Someone else approves assessments here: submit the draft for approval.")
    if actor.person is None or actor.person.pk == draft.submitted_by_id or actor.label in (draft.authors or []):
        raise Conflict("Someone who changed no answer of this draft and did not submit it has to approve it.")


def _check_not_applicable(organisation: Organisation, claims: dict[str, str]) -> None:
    named = [test for test, level in claims.items() if level == NOT_APPLICABLE]
    if named and not organisation.allow_not_applicable:
        raise Conflict(f"This organisation does not allow tests to be claimed not applicable: {', '.join(named)}.")


@transaction.atomic
def discard_draft(*, actor: Actor, assessment: Assessment, at: datetime) -> None:
    """Delete a draft with its answers and team sessions. Raises Conflict when it is no draft."""
    draft = locked_draft(actor, assessment.pk)
    uploads = list(draft.attachments.values_list("upload_id", flat=True))
    draft.attachments.all().delete()
    drop_uploads(uploads)
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
    System.objects.filter(pk=final.system_id).forget_states(final.effective_at)
    activity.record(
        actor=actor,
        at=at,
        action="assessment.voided",
        summary=f"Voided an assessment of {final.system}",
        system_id=final.system_id,
        details={"assessment": final.pk, "reason": reason},
    )
    system_changed(SystemChange(final.system.organisation_id, final.system_id, at))
    return final
