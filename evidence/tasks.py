"""Background work on evidence; each task loads, calls one operation, and is safe to run twice."""

from __future__ import annotations

import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from evidence.models import RuleChange
from evidence.preparation import prepare_next
from evidence.retention import sweep
from evidence.rule_changes import clear_next, swap

TURN = 60.0


def prepare_all() -> int:
    """Prepare every pending change of rules to its end, swap it in and clear up; answers how many were swapped."""
    swapped = 0
    for change in RuleChange.objects.pending().select_related("organisation", "system").order_by("id"):
        while prepare_next(change):
            continue
        swapped += swap(change.pk, at=timezone.now())
    while clear_next(timezone.now()):
        continue
    return swapped


@shared_task
def prepare_rule_changes() -> int:
    """The same, as a task of the workers: sent when a change is requested, and swept by beat."""
    return prepare_all()


def remove_for(seconds: float) -> bool:
    """Remove results that are older than they are kept, for about so long; whether nothing is left to remove."""
    ends = time.monotonic() + seconds
    return not any(time.monotonic() > ends for _ in sweep(timezone.now()))


@shared_task
def remove_old_results() -> bool:
    """The same, as a task that beat sends: one turn, so that other work comes in between."""
    return remove_for(TURN)


def on_rule_change_requested(**_: object) -> None:
    """Wake the workers where there is a broker; without one `manage.py work` looks by itself."""
    if settings.CELERY_BROKER_URL:
        prepare_rule_changes.delay()
