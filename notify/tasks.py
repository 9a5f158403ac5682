"""Background work of this room; each task calls one operation, and is safe to run twice and by several workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from notify import notices, outbox

logger = structlog.get_logger("mlscore.notify")

TURN = 60.0

_sweeps: list[Callable[[datetime], object]] = [outbox.purge, notices.purge]


def sweeps(sweep: Callable[[datetime], object]) -> Callable[[datetime], object]:
    """Have rooms above looked at from time to time: `sweep` is called with the present, and is safe to repeat."""
    if sweep not in _sweeps:
        _sweeps.append(sweep)
    return sweep


def deliver_for(seconds: float) -> int:
    """Deliver what is due, for about so long; answers how many messages were tried."""
    ends = time.monotonic() + seconds
    return outbox.deliver_due(timezone.now, lambda: time.monotonic() < ends)


def sweep_all() -> None:
    """Find what time alone brought about: reviews due, evidence that lapses, digests."""
    for sweep in _sweeps:
        try:
            sweep(timezone.now())
        except Exception:
            # What one can't do must not keep the others from it; it is tried again with the next sweep.
            logger.exception("sweep failed", sweep=sweep.__qualname__)


@shared_task
def deliver_messages() -> int:
    """Sent when a message is written, and by beat."""
    return deliver_for(TURN)


@shared_task
def look_around() -> None:
    """Sent by beat."""
    sweep_all()


def on_message_written(**_: object) -> None:
    """Wake the workers where there is a broker; without one, or while it is down, the next sweep finds the message."""
    if settings.CELERY_BROKER_URL:
        deliver_messages.apply_async(retry=False)
