"""Background work on evidence; each task loads, calls one operation, and is safe to run twice."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from evidence.models import RuleChange
from evidence.rule_changes import prepare_next, swap


def prepare_all() -> int:
    """Prepare every pending change of rules to its end and swap it in; answers how many were swapped."""
    swapped = 0
    for change in RuleChange.objects.pending().select_related("organisation", "system").order_by("id"):
        while prepare_next(change):
            continue
        swapped += swap(change.pk, at=timezone.now())
    return swapped


@shared_task
def prepare_rule_changes() -> int:
    """The same, as a task of the workers: sent when a change is requested, and swept by beat."""
    return prepare_all()


def on_rule_change_requested(**_: object) -> None:
    """Wake the workers where there is a broker; without one `manage.py work` looks by itself."""
    if settings.CELERY_BROKER_URL:
        prepare_rule_changes.delay()
