"""Checks that fail and recover again and again: told a few times a day as it happens, the rest once, when the day ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from assessments.models import System
from notify.kinds import Kind
from notify.models import Flip
from notify.notices import tell
from scores import news

MOST_TOLD = 2
"""How often a day people hear at once that one check began to fail, and that it recovered."""


def count_flips(system: System, kind: Kind, flipped: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
    """Count what flipped at `at` (aware), and answer what of it is worth telling at once, in the same form.

    `flipped` holds how many checks there are and the first of their names. Call it in the transaction that tells.
    """
    field = "failed" if kind is Kind.FAILING else "recovered"
    names, day = list(flipped["names"]), at.astimezone(UTC).date()
    rows = Flip.objects.filter(system=system, day=day, check_name__in=names)
    known = dict(rows.values_list("check_name", field))
    rows.update(**{field: F(field) + 1, "fails": kind is Kind.FAILING})
    fresh = [
        Flip(system=system, day=day, check_name=name, fails=kind is Kind.FAILING, **{field: 1})
        for name in names
        if name not in known
    ]
    Flip.objects.bulk_create(fresh, ignore_conflicts=True)
    worth = [name for name in names if known.get(name, 0) < MOST_TOLD]
    # Names beyond those that the message holds go with them: they are not counted one by one.
    return {"count": int(flipped["count"]) - len(names) + len(worth) if worth else 0, "names": worth}


def tell_flapping(systems: Sequence[System], now: datetime) -> None:
    """Tell of each of these systems what flapped more often on days that are over than was told, and forget those days."""
    today = now.astimezone(UTC).date()
    by_pk = {system.pk: system for system in systems}
    ended = Flip.objects.filter(day__lt=today, system__in=by_pk).values_list("system_id", "day").distinct()
    for system_id, day in sorted(ended):
        _tell_day(by_pk[system_id], day, now)


@transaction.atomic
def _tell_day(system: System, day: date, now: datetime) -> None:
    rows = Flip.objects.filter(system=system, day=day)
    flapped = [row for row in rows.order_by("-failed", "check_name") if max(row.failed, row.recovered) > MOST_TOLD]
    rows.delete()
    if flapped:
        tell(news=news.flapped(system, flapped, day, now), people=news.people(system), now=now)
