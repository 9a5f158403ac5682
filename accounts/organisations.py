"""Organisations: founding one, and changing what is no rule of evidence (those are `evidence.rule_changes`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Invalid
from accounts.models import RETENTION_MONTHS, REVIEW_INTERVAL_DAYS, Membership, Organisation, Person, Role
from accounts.slugs import slug_for
from rubric.definition import Effort, Rubric
from rubric.loader import builtin


def free_slug(name: str) -> str:
    """A slug that follows from the name and that no organisation has."""
    return slug_for(name, set(Organisation.objects.values_list("slug", flat=True)), "organisation")


@transaction.atomic
def create_organisation(*, name: str, slug: str, owner: Person, at: datetime) -> Organisation:
    """Found an organisation with its first owner; `at` is aware. Raises Conflict for a slug that is taken."""
    organisation = Organisation(name=name, slug=slug, created_at=at)
    try:
        with transaction.atomic():
            organisation.save()
    except IntegrityError as error:
        detail = f"The slug {slug!r} is taken."
        raise Conflict(detail, FieldFault(("slug",), detail)) from error
    membership = Membership.objects.create(organisation=organisation, person=owner, role=Role.OWNER, created_at=at)
    activity.record(
        actor=Actor.of(membership),
        at=at,
        action="organisation.created",
        summary=f"Founded {name}, with {owner.email} as its owner",
    )
    return organisation


@transaction.atomic
def update_organisation(
    *,
    actor: Actor,
    at: datetime,
    name: str | None = None,
    review_interval_days: int | None = None,
    retention_months: int | None = None,
    allow_not_applicable: bool | None = None,
    second_reader: bool | None = None,
    efforts: Mapping[str, str] | None = None,
) -> Organisation:
    """Change the name, the review interval (days), how long results are kept (months), whether tests may be claimed not
    applicable, whether a second reader approves assessments, the efforts by test; None leaves one.

    Answers the stored row. Raises Invalid for an empty or overlong name, a length of time out of bounds, and an effort of
    no test or of no known size.
    """
    organisation = Organisation.objects.select_for_update().get(pk=actor.organisation.pk)
    asked = {
        "name": name,
        "review_interval_days": review_interval_days,
        "retention_months": retention_months,
        "allow_not_applicable": allow_not_applicable,
        "second_reader": second_reader,
        "efforts": efforts,
    }
    changes = {
        field: [getattr(organisation, field), value]
        for field, value in asked.items()
        if value is not None and value != getattr(organisation, field)
    }
    _check(name, review_interval_days, retention_months)
    check_efforts(builtin().values(), efforts or {})
    if not changes:
        return organisation
    for field, (_, value) in changes.items():
        setattr(organisation, field, value)
    organisation.save(update_fields=list(changes))
    activity.record(
        actor=actor,
        at=at,
        action="organisation.changed",
        summary=f"Changed {', '.join(field.replace('_', ' ') for field in changes)} of {organisation}",
        details={"changes": changes},
    )
    return organisation


def _check(name: str | None, review_interval_days: int | None, retention_months: int | None) -> None:
    faults = []
    if name is not None and not 1 <= len(name) <= 120:
        faults.append(FieldFault(("name",), "A name has 1 to 120 characters."))
    low, high = REVIEW_INTERVAL_DAYS
    if review_interval_days is not None and not low <= review_interval_days <= high:
        faults.append(FieldFault(("review_interval_days",), f"A review interval is {low} to {high} days."))
    low, high = RETENTION_MONTHS
    if retention_months is not None and not low <= retention_months <= high:
        faults.append(FieldFault(("retention_months",), f"Results are kept for {low} to {high} months."))
    if faults:
        raise Invalid(*faults)


def check_efforts(rubrics: Iterable[Rubric], efforts: Mapping[str, str]) -> None:
    """Raises Invalid for an effort of a test that none of the rubrics has, or that is no effort."""
    known = {test for rubric in rubrics for test in rubric.tests}
    faults = [
        FieldFault(("efforts", test), f"{test!r} is no test of the rubric.") for test in efforts if test not in known
    ]
    faults += [
        FieldFault(("efforts", test), f"One of {', '.join(Effort)}.")
        for test, effort in efforts.items()
        if effort not in list(Effort)
    ]
    if faults:
        raise Invalid(*faults)
