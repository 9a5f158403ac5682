"""Teams: groups of people and of systems."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Invalid
from accounts.models import Membership, Organisation, Team
from accounts.slugs import slug_for


@transaction.atomic
def create_team(*, actor: Actor, name: str, at: datetime, slug: str | None = None) -> Team:
    """Create a team of the actor's organisation; without `slug` it follows from the name.

    Raises Conflict for a slug that is taken.
    """
    # The lock makes two who derive a slug from the same name get two slugs.
    organisation = Organisation.objects.select_for_update().get(pk=actor.organisation.pk)
    taken = set(Team.objects.filter(organisation=organisation).values_list("slug", flat=True))
    team = Team(organisation=organisation, name=name, slug=slug or slug_for(name, taken, "team"), created_at=at)
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        detail = f"The slug {team.slug!r} is taken in this organisation."
        raise Conflict(detail, FieldFault(("slug",), detail)) from error
    activity.record(
        actor=actor, at=at, action="team.created", summary=f"Created the team {name}", details={"team": team.slug}
    )
    return team


@transaction.atomic
def rename_team(*, actor: Actor, slug: str, name: str, at: datetime) -> Team:
    """Give a team of the actor's organisation another name; its slug stays. Raises Team.DoesNotExist."""
    team = Team.objects.select_for_update().get(organisation=actor.organisation, slug=slug)
    before = team.name
    if before == name:
        return team
    team.name = name
    team.save(update_fields=["name"])
    activity.record(
        actor=actor,
        at=at,
        action="team.renamed",
        summary=f"Renamed the team {before} to {name}",
        details={"team": slug, "changes": {"name": [before, name]}},
    )
    return team


@transaction.atomic
def set_team_members(*, actor: Actor, slug: str, member_ids: Collection[int], at: datetime) -> Team:
    """Have a team consist of these members. Raises Team.DoesNotExist, and Invalid for one of another organisation."""
    team = Team.objects.select_for_update().get(organisation=actor.organisation, slug=slug)
    wanted = _emails(Membership.objects.filter(organisation=actor.organisation, pk__in=member_ids))
    if set(wanted) != set(member_ids):
        raise Invalid(FieldFault(("members",), "One of them is no member of this organisation."))
    before = _emails(Membership.objects.filter(teams=team))
    if before == wanted:
        return team
    team.members.set(wanted)
    added = sorted(email for pk, email in wanted.items() if pk not in before)
    removed = sorted(email for pk, email in before.items() if pk not in wanted)
    activity.record(
        actor=actor,
        at=at,
        action="team.members",
        summary=f"Changed who is in the team {team.name}",
        details={"team": slug, "added": added, "removed": removed},
    )
    return team


def _emails(members: QuerySet[Membership]) -> dict[int, str]:
    return dict(members.values_list("pk", "person__email"))
