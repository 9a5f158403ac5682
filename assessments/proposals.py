"""What evidence proposes to claim. Accepting it is answering; declining it is noted, so that it is not proposed again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.errors import FieldFault, Invalid
from assessments.models import Answer, Assessment
from assessments.operations import locked_draft, mark_changed
from rubric.levels import LEVELS, Level
from rubric.loader import builtin


@transaction.atomic
def decline_proposal(*, actor: Actor, assessment: Assessment, test: str, level: str, at: datetime) -> Answer:
    """Note that somebody declined to claim this level; the claim stays. A test without an answer gets one: none.

    Raises Invalid for an unknown test or level, Conflict when the assessment is no draft or waits for approval.
    """
    draft = locked_draft(actor, assessment.pk)
    if test not in builtin()[draft.rubric].tests or level not in LEVELS:
        raise Invalid(FieldFault(("decline",), "There is no such proposal."))
    answer, created = Answer.objects.get_or_create(
        assessment=draft,
        test=test,
        defaults={"level": Level.NONE.key, "declined": level, "updated_at": at, "updated_by": actor.label},
    )
    if not created:
        answer.declined, answer.unseen_from = level, None
        answer.save(update_fields=["declined", "unseen_from"])
    mark_changed(draft, actor if created else None)
    return answer
