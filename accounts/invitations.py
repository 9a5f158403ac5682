"""Invitations: the only way to become a member, and the only way to an account."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Invalid
from accounts.members import check_may_grant
from accounts.models import Invitation, Membership, Organisation, Person, Role, hash_secret
from accounts.people import create_person

LIFETIME = timedelta(days=14)
CLOSED = "This invitation is no longer open."


def find(secret: str) -> Invitation | None:
    """The invitation that a link's secret stands for, open or not."""
    rows = Invitation.objects.select_related("organisation", "invited_by")
    return rows.filter(secret_hash=hash_secret(secret)).first()


def open_invitations(organisation: Organisation, at: datetime) -> list[Invitation]:
    """Those that wait for an answer, newest first; expired ones stay listed until they are sent again or revoked."""
    rows = Invitation.objects.filter(organisation=organisation, accepted_at=None, revoked_at=None)
    return list(rows.select_related("invited_by").order_by("-created_at", "-pk"))


@transaction.atomic
def invite(*, actor: Actor, email: str, role: Role, at: datetime) -> tuple[Invitation, str]:
    """Offer a membership to an address; answers the invitation and its secret, which is stored nowhere.

    Raises Forbidden, and Invalid where the address is a member's or has an open invitation.
    """
    check_may_grant(actor, role)
    organisation = Organisation.objects.select_for_update().get(pk=actor.organisation.pk)
    if Membership.objects.filter(organisation=organisation, person__email__iexact=email).exists():
        raise Invalid(FieldFault(("email",), f"{email} is a member already."))
    waiting = Invitation.objects.filter(
        organisation=organisation, email__iexact=email, accepted_at=None, revoked_at=None, expires_at__gt=at
    )
    if waiting.exists():
        raise Invalid(FieldFault(("email",), f"{email} is invited already; you can send the invitation again."))
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=email.lower(),
        role=role,
        secret_hash=hash_secret(secret),
        invited_by=actor.person,
        created_at=at,
        expires_at=at + LIFETIME,
    )
    _record(actor, at, invitation, "invitation.sent", f"Invited {invitation.email} as {role.value}")
    return invitation, secret


@transaction.atomic
def resend(*, actor: Actor, invitation_id: int, at: datetime) -> tuple[Invitation, str]:
    """Give an invitation a fresh link and 14 days more; its former link holds no longer.

    Raises Invitation.DoesNotExist, Forbidden, and Conflict when it was accepted or revoked.
    """
    invitation = _lock(actor, invitation_id)
    secret = secrets.token_urlsafe(32)
    invitation.secret_hash, invitation.expires_at = hash_secret(secret), at + LIFETIME
    invitation.save(update_fields=["secret_hash", "expires_at"])
    _record(actor, at, invitation, "invitation.resent", f"Sent the invitation of {invitation.email} again")
    return invitation, secret


@transaction.atomic
def revoke(*, actor: Actor, invitation_id: int, at: datetime) -> None:
    """Withdraw an invitation. Raises Invitation.DoesNotExist, Forbidden, Conflict when it was accepted or revoked."""
    invitation = _lock(actor, invitation_id)
    invitation.revoked_at = at
    invitation.save(update_fields=["revoked_at"])
    _record(actor, at, invitation, "invitation.revoked", f"Revoked the invitation of {invitation.email}")


@transaction.atomic
def accept(*, invitation: Invitation, person: Person, at: datetime) -> Membership:
    """Make the person a member, as the invitation says. Raises Conflict when it is closed, or they are one already."""
    locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not locked.open_at(at):
        raise Conflict(CLOSED)
    organisation = Organisation.objects.select_for_update().get(pk=locked.organisation_id)
    if Membership.objects.filter(organisation=organisation, person=person).exists():
        raise Conflict(f"You are a member of {organisation} already.")
    member = Membership.objects.create(organisation=organisation, person=person, role=locked.role, created_at=at)
    locked.accepted_at = at
    locked.save(update_fields=["accepted_at"])
    summary = f"{person.email} joined as {locked.role}"
    if locked.email != person.email:
        summary += f", by the invitation of {locked.email}"
    _record(Actor.of(member), at, locked, "member.joined", summary)
    return member


@transaction.atomic
def accept_as_new_person(*, invitation: Invitation, name: str, password: str, at: datetime) -> Membership:
    """Make an account with the invitation's address, and the member. Raises Conflict when closed or the address is taken."""
    person = create_person(email=invitation.email, name=name, password=password, at=at)
    return accept(invitation=invitation, person=person, at=at)


def _lock(actor: Actor, invitation_id: int) -> Invitation:
    invitation = (
        Invitation.objects.select_related("organisation")
        .select_for_update(of=("self",))
        .get(pk=invitation_id, organisation=actor.organisation)
    )
    check_may_grant(actor, Role(invitation.role))
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise Conflict(CLOSED)
    return invitation


def _record(actor: Actor, at: datetime, invitation: Invitation, action: str, summary: str) -> None:
    details = {"email": invitation.email, "role": invitation.role}
    activity.record(actor=actor, at=at, action=action, summary=summary, details=details)
