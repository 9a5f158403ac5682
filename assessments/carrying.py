"""Answers taken over from elsewhere: copied from a sibling system, and looked at one by one or together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import FieldFault, Invalid
from accounts.models import Membership
from assessments.changes import AnswerChange
from assessments.models import Answer, Assessment, AssessmentStatus
from assessments.operations import locked_draft, mark_changed, save_answers, taken_over
from assessments.uploads import take_attachments_over


def siblings(reader: Membership, draft: Assessment) -> list[Assessment]:
    """The newest final assessment of each other system that was assessed by the draft's rubric, by the systems' names."""
    finals = (
        Assessment.objects.visible_to(reader)
        .filter(status=AssessmentStatus.FINAL, rubric=draft.rubric)
        .exclude(system=draft.system_id)
        .select_related("system")
        .order_by("effective_at", "recorded_at", "pk")
    )
    newest = {final.system_id: final for final in finals.defer("claims")}
    return sorted(newest.values(), key=lambda final: (final.system.name, final.pk))


@transaction.atomic
def copy_answers(
    *, actor: Actor, assessment: Assessment, source_id: int, versions: Mapping[str, int], at: datetime
) -> list[str]:
    """Copy answers of another system's final assessment into a draft; `versions` are those of the answers they replace.

    Answers the tests copied; they are marked as not looked at. Raises Invalid for a source that is no final assessment of
    the organisation by the same rubric, or lacks a test; Conflict and StaleAnswer as `save_answers` does.
    """
    finals = Assessment.objects.filter(
        system__organisation=actor.organisation, status=AssessmentStatus.FINAL, rubric=assessment.rubric
    )
    source = finals.exclude(system=assessment.system_id).filter(pk=source_id).first()
    if source is None:
        raise Invalid(FieldFault(("source",), "There is no such assessment to copy from."))
    found = {answer.test: answer for answer in source.answers.filter(test__in=versions)}
    missing = [test for test in versions if test not in found]
    if missing:
        raise Invalid(*(FieldFault(("answers", test), f"It has no answer to {test}.") for test in missing))
    changes = [
        AnswerChange(test, version=versions[test], **taken_over(answer, actor.organisation))
        for test, answer in found.items()
    ]
    save_answers(actor=actor, assessment=assessment, changes=changes, at=at)
    Answer.objects.filter(assessment=assessment.pk, test__in=found).update(unseen_from=source)
    take_attachments_over(source=source, draft=assessment, tests=list(found))
    return list(found)


@transaction.atomic
def confirm_answers(*, actor: Actor, assessment: Assessment, tests: Collection[str]) -> int:
    """Note that somebody has looked at answers that were taken over; answers how many.

    Their content and their authors stay. Raises Conflict when the assessment is no draft or waits for approval.
    """
    draft = locked_draft(actor, assessment.pk)
    unseen = Answer.objects.filter(assessment=draft, test__in=tests, unseen_from__isnull=False)
    looked_at = unseen.update(unseen_from=None)
    if looked_at:
        mark_changed(draft, None)
    return looked_at
