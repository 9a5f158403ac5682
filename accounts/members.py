"""What can be done to memberships. An organisation always keeps an owner, and only owners touch owners."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, Forbidden
from accounts.models import Membership, Organisation, Role


def role_of(actor: Actor) -> Role:
    """The role by which an actor acts: the member's own, admin for a token, owner for the command line."""
    if actor.person is None:
        return Role.OWNER if actor.token is None else Role.ADMIN
    member = Membership.objects.filter(organisation=actor.organisation, person=actor.person).first()
    return Role(member.role) if member is not None else Role.VIEWER


def check_may_grant(actor: Actor, role: Role) -> None:
    """Raises Forbidden when the actor may not hand out `role`, or take it away."""
    own = role_of(actor)
    if not own.includes(Role.ADMIN):
        raise Forbidden("Only admins and owners manage members.")
    if role is Role.OWNER and own is not Role.OWNER:
        raise Forbidden("Only owners make owners, change them or remove them.")


@transaction.atomic
def change_role(*, actor: Actor, member_id: int, role: Role, at: datetime) -> Membership:
    """Give a member of the actor's organisation another role.

    Raises Membership.DoesNotExist, Forbidden when an owner is concerned and the actor is none, Conflict for the last owner.
    """
    member = _lock(actor, member_id)
    check_may_grant(actor, role)
    check_may_grant(actor, Role(member.role))
    if member.role == role:
        return member
    _check_an_owner_remains(member)
    before, member.role = member.role, role
    member.save(update_fields=["role"])
    activity.record(
        actor=actor,
        at=at,
        action="member.role",
        summary=f"Changed the role of {member.person.email} from {before} to {role.value}",
        details={"person": member.person.email, "changes": {"role": [before, role.value]}},
    )
    return member


@transaction.atomic
def remove_member(*, actor: Actor, member_id: int, at: datetime) -> None:
    """End a membership, and with it the person's places in teams.

    Raises Membership.DoesNotExist, Forbidden when an owner is concerned and the actor is none, Conflict for the last owner.
    """
    member = _lock(actor, member_id)
    check_may_grant(actor, Role(member.role))
    _end(actor, member, at, "member.removed", f"Removed {member.person.email}")


@transaction.atomic
def leave(*, membership: Membership, at: datetime) -> None:
    """End one's own membership. Raises Conflict for the last owner."""
    actor = Actor.of(membership)
    member = _lock(actor, membership.pk)
    _end(actor, member, at, "member.left", f"{member.person.email} left")


def _lock(actor: Actor, member_id: int) -> Membership:
    """The member, under a lock of the organisation, so that two owners can't step down at the same time."""
    Organisation.objects.select_for_update().get(pk=actor.organisation.pk)
    return Membership.objects.select_related("person").get(pk=member_id, organisation=actor.organisation)


def _check_an_owner_remains(member: Membership) -> None:
    others = Membership.objects.filter(organisation_id=member.organisation_id, role=Role.OWNER).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise Conflict("An organisation needs an owner. Make somebody else an owner first.")


def _end(actor: Actor, member: Membership, at: datetime, action: str, summary: str) -> None:
    _check_an_owner_remains(member)
    details = {"person": member.person.email, "role": member.role}
    member.delete()
    activity.record(actor=actor, at=at, action=action, summary=summary, details=details)
