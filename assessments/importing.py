"""Taking over answers that were written elsewhere, as a whole: a draft, or a final assessment of the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from assessments.models import Assessment, System
from assessments.operations import AnswerChange, finalise, save_answers, start_assessment


@transaction.atomic
def take_over(
    *, actor: Actor, system: System, changes: Sequence[AnswerChange], at: datetime, effective_at: datetime | None = None
) -> Assessment:
    """Open a draft with these answers; with `effective_at` finalise it, so that its claims hold from that instant.

    Raises what `start_assessment`, `save_answers` and `finalise` raise; then nothing is stored.
    """
    draft = start_assessment(actor=actor, system=system, at=at, effective_at=effective_at)
    save_answers(actor=actor, assessment=draft, changes=changes, at=at)
    return draft if effective_at is None else finalise(actor=actor, assessment=draft, at=at)
