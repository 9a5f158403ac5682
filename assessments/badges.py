"""A system's public badge: turning it on and off, and renewing its key."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from accounts import activity
from accounts.actors import Actor
from assessments.models import Badge, System

KEY_BYTES = 16
"""128 random bits: nobody finds a key by trying."""


@transaction.atomic
def turn_on(*, actor: Actor, system: System, at: datetime) -> Badge:
    """Show the system's score to whoever has the badge's address; one that was off comes back under its key.

    `at` is aware. Nothing happens where it is on.
    """
    locked = System.objects.select_for_update().get(pk=system.pk)
    badge, made = Badge.objects.get_or_create(system=locked, defaults={"key": _new_key()})
    if not made and badge.on:
        return badge
    badge.on = True
    badge.save(update_fields=["on"])
    _log(actor, locked, at, "badge.on", "Turned on the badge")
    return badge


@transaction.atomic
def turn_off(*, actor: Actor, system: System, at: datetime) -> None:
    """End the badge's addresses until it is turned on again. Nothing happens where it is off."""
    locked = System.objects.select_for_update().get(pk=system.pk)
    if Badge.objects.filter(system=locked, on=True).update(on=False):
        _log(actor, locked, at, "badge.off", "Turned off the badge")


@transaction.atomic
def show_chart(*, actor: Actor, system: System, shown: bool, at: datetime) -> Badge:
    """Show, or no longer show, the last year of the score to whoever has the badge's key. Raises Badge.DoesNotExist."""
    locked = System.objects.select_for_update().get(pk=system.pk)
    badge = Badge.objects.get(system=locked)
    if badge.chart == shown:
        return badge
    badge.chart = shown
    badge.save(update_fields=["chart"])
    if shown:
        _log(actor, locked, at, "badge.chart_on", "Turned on the chart beside the badge")
    else:
        _log(actor, locked, at, "badge.chart_off", "Turned off the chart beside the badge")
    return badge


@transaction.atomic
def renew_key(*, actor: Actor, system: System, at: datetime) -> Badge:
    """Give the badge another key; the former addresses end for good. Raises Badge.DoesNotExist."""
    locked = System.objects.select_for_update().get(pk=system.pk)
    badge = Badge.objects.get(system=locked)
    badge.key = _new_key()
    badge.save(update_fields=["key"])
    _log(actor, locked, at, "badge.renewed", "Renewed the key of the badge")
    return badge


def _new_key() -> str:
    return secrets.token_urlsafe(KEY_BYTES)


def _log(actor: Actor, system: System, at: datetime, action: str, what: str) -> None:
    activity.record(actor=actor, at=at, action=action, summary=f"{what} of {system}", system_id=system.pk)
