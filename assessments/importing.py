"""Taking over answers that were written elsewhere, as a whole: a draft, or a final assessment of the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from assessments.approval import submit_draft
from assessments.changes import AnswerChange
from assessments.models import Assessment, System
from assessments.operations import finalise, save_answers, start_assessment


@transaction.atomic
def take_over(
    *, actor: Actor, system: System, changes: Sequence[AnswerChange], at: datetime, effective_at: datetime | None = None
) -> Assessment:
    """Open a draft with these answers; with `effective_at` finalise it, so that its claims hold from that instant.

    Where a second reader has to approve it, it is handed in for that instead.

    Raises what `start_assessment`, `save_answers` and `finalise` raise; then nothing is stored.
    """
    draft = start_assessment(actor=actor, system=system, at=at, effective_at=effective_at)
    save_answers(actor=actor, assessment=draft, changes=changes, at=at)
    if effective_at is None:
        return draft
    hand_in = submit_draft if actor.organisation.second_reader else finalise
    return hand_in(actor=actor, assessment=draft, at=at)
