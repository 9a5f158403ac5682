"""The lock that every writer of a system's facts takes first: its row."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.actors import Actor
from accounts.models import Organisation
from assessments.claims import thaw
from assessments.models import Assessment, System
from rubric.timeline import Claims


def locked(actor: Actor, slugs: Collection[str], *, at: datetime) -> dict[str, System]:
    """The actor's systems of these slugs, locked in slug order; each carries its newest claims at `at`.

    Slugs that the actor cannot see are missing from the answer. Call it inside a transaction.
    """
    newest = (
        Assessment.objects.final()
        .filter(system=OuterRef("pk"), effective_at__lte=at)
        .order_by("-effective_at", "-recorded_at", "-id")
    )
    systems = (
        _seen_by(actor)
        .filter(slug__in=slugs)
        .order_by("slug")
        .annotate(
            newest_claims=Subquery(newest.values("claims")[:1]),
            newest_claims_from=Subquery(newest.values("effective_at")[:1]),
        )
        .select_for_update(of=("self",))
    )
    found: dict[str, System] = {system.slug: system for system in systems}
    for system in found.values():
        system.organisation = actor.organisation
    return found


def locked_by_id(system_id: int) -> System:
    """The system, locked, with its organisation as it is under the lock. Call it inside a transaction."""
    system = System.objects.select_for_update().get(pk=system_id)
    system.organisation = Organisation.objects.get(pk=system.organisation_id)
    return system


def claims_of(system: System) -> Claims | None:
    """The newest claims that `locked` read with the system; None when nothing was finalised by then."""
    stored = system.newest_claims  # type: ignore[attr-defined]
    return None if stored is None else thaw(stored, system.newest_claims_from)  # type: ignore[attr-defined]


def _seen_by(actor: Actor) -> QuerySet[System]:
    if actor.token is not None:
        return System.objects.visible_to(actor.token)
    return System.objects.filter(organisation=actor.organisation)
