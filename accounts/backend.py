"""Signing in, and finding who is signed in: the person comes with their memberships, in one statement."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Count, F, Q, QuerySet

from accounts.compiled import compiled
from accounts.models import Membership, Person

UNREAD = Q(
    person__notices__isnull=False,
    person__notices__read_at=None,
    person__notices__organisation=F("organisation"),
)


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """django-allauth's backend; nearly every page needs the memberships of whoever reads it."""

    def get_user(self, user_id: int | str) -> Person | None:
        """The person of this id, None when there is none or they may not sign in."""
        found = memberships_by(int(user_id))
        if not found:
            person: Person | None = super().get_user(user_id)
            return person
        known = found[0].person
        for membership in found:
            membership.person = known
        known.known_memberships = found
        return known if self.user_can_authenticate(known) else None


@compiled
def memberships_by(person: int) -> QuerySet[Membership]:
    """All memberships of a person, by the organisations' names, with person and organisation.

    Each carries `unread`, the number of its unread notices: the bell in the head of every page needs it.
    """
    return (
        Membership.objects.filter(person=person)
        .select_related("organisation", "person")
        .annotate(unread=Count("person__notices", filter=UNREAD))
        .order_by("organisation__name", "pk")
    )
