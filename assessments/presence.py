"""Who else has a draft open: written rarely, read often, forgotten soon."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Person
from assessments.models import Assessment, Presence

# A form asks every few seconds; its presence is written this often, and holds for a little longer.
RENEWED_AFTER = timedelta(seconds=20)
HOLDS = timedelta(seconds=45)


def be_present(*, person: Person, draft: Assessment, at: datetime) -> list[Person]:
    """Note that the person has the draft open at `at`; answers the others who have, by name.

    One statement, and two more when the note is older than RENEWED_AFTER: it is renewed, and notes that hold no longer go.
    """
    rows = list(Presence.objects.filter(assessment=draft).select_related("person"))
    mine = next((row for row in rows if row.person_id == person.pk), None)
    if mine is None or at - mine.seen_at >= RENEWED_AFTER:
        _note(person, draft, at)
    others = [row.person for row in rows if row.person_id != person.pk and at - row.seen_at < HOLDS]
    return sorted(others, key=str)


@transaction.atomic
def _note(person: Person, draft: Assessment, at: datetime) -> None:
    Presence.objects.filter(assessment=draft, seen_at__lte=at - HOLDS).delete()
    Presence.objects.bulk_create(
        [Presence(assessment=draft, person=person, seen_at=at)],
        update_conflicts=True,
        unique_fields=["assessment", "person"],
        update_fields=["seen_at"],
    )


def leave(*, draft: Assessment) -> None:
    """Nobody is at a draft any more that has become final."""
    Presence.objects.filter(assessment=draft).delete()
