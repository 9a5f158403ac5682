"""What each person wants to be told, and how."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db import transaction

from accounts.errors import FieldFault, Invalid
from accounts.models import Person
from notify.kinds import DEFAULTS, Channel, Kind
from notify.models import LAPSE_DAYS, Choices


def choices_of(people: Collection[Person]) -> dict[int, Choices]:
    """By person's id what they chose, in one statement; those who never chose have the defaults."""
    keys = [person.pk for person in people]
    stored = Choices.objects.in_bulk(keys)
    return {key: stored.get(key) or Choices(person_id=key) for key in keys}


@transaction.atomic
def choose(*, person: Person, channels: Mapping[Kind, Channel], lapse_days: int) -> Choices:
    """Store what the person wants to be told; kinds left out keep their default.

    `lapse_days` is how many days before its end they want to hear that evidence lapses. Raises Invalid.
    """
    low, high = LAPSE_DAYS
    if not low <= lapse_days <= high:
        raise Invalid(FieldFault(("lapse_days",), f"A whole number of days from {low} to {high}."))
    chosen = {kind.value: way.value for kind, way in channels.items() if way is not DEFAULTS[kind]}
    values = {"channels": chosen, "lapse_days": lapse_days}
    return Choices.objects.update_or_create(person=person, defaults=values)[0]
