"""The lock that every writer of a system's facts takes first: its row."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from accounts.actors import Actor
from accounts.models import Organisation
from accounts.statements import VENDOR, columns_of, document, fetch, hydrated, listed
from assessments.models import System


def locked(actor: Actor, slugs: Collection[str]) -> dict[str, System]:
    """The actor's systems of these slugs, locked in slug order.

    Slugs that the actor cannot see are missing from the answer. Call it inside a transaction.
    """
    bound = actor.token.system_id if actor.token is not None else None
    sql = _lock_statement(VENDOR, bound is not None)
    values = [actor.organisation.pk, document([[slug] for slug in slugs])]
    found = {}
    for row in fetch(sql, values if bound is None else [*values, bound]):
        system = hydrated(System, row)
        system.organisation = actor.organisation
        found[system.slug] = system
    return found


@lru_cache
def _lock_statement(vendor: str, bound: bool) -> str:
    """What `System.objects.visible_to` sees of the slugs listed."""
    wanted = listed(vendor, "wanted", slug="text")
    return (
        f"SELECT {columns_of(System, 's')} FROM assessments_system s"
        f" WHERE s.organisation_id = %s AND s.slug IN (SELECT slug FROM {wanted}){' AND s.id = %s' if bound else ''}"
        f" ORDER BY s.slug{' FOR UPDATE OF s' if vendor == 'postgresql' else ''}"
    )


def locked_by_id(system_id: int) -> System:
    """The system, locked, with its organisation as it is under the lock. Call it inside a transaction."""
    system = System.objects.select_for_update().get(pk=system_id)
    system.organisation = Organisation.objects.get(pk=system.organisation_id)
    return system
