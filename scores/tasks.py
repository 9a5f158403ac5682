"""Background work on scores; each task calls one operation, and is safe to run twice."""

from __future__ import annotations

from celery import shared_task

from scores.keeping import keep_for

TURN = 20.0


@shared_task
def keep_states() -> bool:
    """Sent by beat: one turn, so that other work comes in between."""
    return keep_for(TURN)
