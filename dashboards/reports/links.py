"""Share links: admins open one report to whoever has an address, for a time."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Invalid
from accounts.models import hash_secret
from assessments.models import System
from scores.models import Report, ShareLink, Stage

LONGEST = timedelta(days=366)
"""For how long a link may hold."""

LAST_USE_STEP = timedelta(minutes=1)
PDF_STEP = timedelta(minutes=15)
"""How long a PDF that was asked for through a link serves everyone who asks there."""


@transaction.atomic
def create_link(
    *, actor: Actor, name: str, system: System | None, as_of: datetime | None, expires_at: datetime, at: datetime
) -> tuple[ShareLink, str]:
    """A link to the report of the system, or of the actor's organisation; answers it and its secret, which is shown once.

    `as_of` None shows the present whenever it is opened. Instants are aware. Raises Invalid for an empty name, a system of
    another organisation, and an expiry that is past or later than LONGEST from `at`.
    """
    faults = []
    if not 1 <= len(name.strip()) <= 120:
        faults.append(FieldFault(("name",), "A name has 1 to 120 characters."))
    if system is not None and system.organisation_id != actor.organisation.pk:
        faults.append(FieldFault(("system",), "There is no such system in this organisation."))
    if not at < expires_at <= at + LONGEST:
        faults.append(FieldFault(("expires_at",), f"A link expires within {LONGEST.days} days."))
    if faults:
        raise Invalid(*faults)
    secret = secrets.token_urlsafe(32)
    link = ShareLink.objects.create(
        organisation=actor.organisation,
        system=system,
        as_of=as_of,
        name=name.strip(),
        secret_hash=hash_secret(secret),
        created_by=actor.person,
        created_at=at,
        expires_at=expires_at,
    )
    details = {"expires_at": expires_at.isoformat(), "as_of": as_of.isoformat() if as_of else None}
    _log(actor, link, at, "share_link.created", "Shared", details)
    return link, secret


@transaction.atomic
def revoke_link(*, actor: Actor, link_id: int, at: datetime) -> ShareLink:
    """End a link for good, and delete the PDFs that were made through it.

    Raises ShareLink.DoesNotExist, and Conflict when it was revoked before.
    """
    link = ShareLink.objects.select_for_update().get(pk=link_id, organisation=actor.organisation)
    if link.revoked_at is not None:
        raise Conflict("This link is revoked already.")
    link.revoked_at = at
    link.save(update_fields=["revoked_at"])
    link.reports.all().delete()
    _log(actor, link, at, "share_link.revoked", "Ended sharing", {})
    return link


def _log(actor: Actor, link: ShareLink, at: datetime, action: str, what: str, details: dict[str, str | None]) -> None:
    activity.record(
        actor=actor,
        at=at,
        action=action,
        summary=f"{what} the report of {link.system or actor.organisation} by the link {link.name}",
        system_id=link.system_id,
        details=details,
    )


def open_link(secret: str, at: datetime) -> ShareLink | None:
    """The link that this secret opens at `at`, with its organisation and system; None when unknown, expired or revoked.

    One query, by the hash. The time of last use is written at most once a minute.
    """
    links = ShareLink.objects.select_related("organisation", "system")
    link = links.filter(secret_hash=hash_secret(secret)).first()
    if link is None or not link.open_at(at):
        return None
    if link.last_used_at is None or link.last_used_at <= at - LAST_USE_STEP:
        due = Q(last_used_at=None) | Q(last_used_at__lte=at - LAST_USE_STEP)
        ShareLink.objects.filter(due, pk=link.pk).update(last_used_at=at)
    return link


def report_of(link: ShareLink, at: datetime) -> Report | None:
    """The PDF that serves whoever asks through the link at `at`, in the making or ready; None when one has to be made."""
    recent = Report.objects.filter(link=link, requested_at__gt=at - PDF_STEP).exclude(stage=Stage.FAILED)
    return recent.defer("content").first()
