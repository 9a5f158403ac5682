"""What a user can do to a system: create it, change it, retire it, move it to another rubric edition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Invalid
from accounts.models import WINDOW_DAYS, Membership, Organisation, Person, Team
from accounts.organisations import check_efforts
from assessments.models import Lifecycle, System
from rubric.definition import Rubric
from rubric.loader import DEFAULT, builtin
from rubric.scoring import number

CHANGEABLE = (
    "name",
    "description",
    "team",
    "owner",
    "tags",
    "lifecycle",
    "repository_url",
    "target_score",
    "efforts",
)
# An address of the pages: `/o/ORGANISATION/systems/new/` creates a system.
RESERVED_SLUGS = frozenset({"new"})
MOST_TAGS = 20
LONGEST_TAG = 40


@transaction.atomic
def create_system(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    slug: str | None = None,
    rubric: str = DEFAULT,
    windows: Mapping[str, int] | None = None,
    counted_branch: str | None = None,
    **values: Any,
) -> System:
    """Create a system in the actor's organisation.

    `values` may hold any of CHANGEABLE (`team` a Team, `owner` a Person, `target_score` a Decimal, or None;
    `efforts` a mapping of tests to efforts). Without `slug`
    it follows from the name. Raises Invalid for a value that breaks a rule, Conflict for a slug that is taken.
    """
    check_rubric(rubric)
    if slug in RESERVED_SLUGS:
        raise Invalid(FieldFault(("slug",), f"The slug {slug!r} is reserved."))
    check_values(actor.organisation, builtin()[rubric], values)
    check_efforts(builtin().values(), values.get("efforts", {}))
    check_windows([builtin()[rubric]], windows or {})
    lifecycle = values.get("lifecycle", Lifecycle.EXPERIMENT)
    system = System(
        organisation=actor.organisation,
        slug=slug or _free_slug(actor.organisation, name),
        name=name,
        rubric=rubric,
        editions=[{"rubric": rubric, "from": None}],
        windows=dict(windows or {}),
        counted_branch=counted_branch,
        created_at=at,
        retired_at=at if lifecycle == Lifecycle.RETIRED else None,
        **values,
    )
    try:
        with transaction.atomic():
            system.save()
    except IntegrityError as error:
        detail = f"The slug {system.slug!r} is taken in this organisation."
        raise Conflict(detail, FieldFault(("slug",), detail)) from error
    activity.record(
        actor=actor, at=at, action="system.created", summary=f"Created the system {name}", system_id=system.pk
    )
    return system


@transaction.atomic
def update_system(*, actor: Actor, system: System, changes: Mapping[str, Any], at: datetime) -> System:
    """Change fields of CHANGEABLE, or `rubric`, which moves the system to another edition from `at` on.

    Values as for `create_system`. The rules of evidence (windows, counted branch) change by `evidence.rule_changes`. Answers
    the system as it is stored. Raises Invalid.
    """
    system = System.objects.select_for_update().get(pk=system.pk)
    if "rubric" in changes:
        check_rubric(changes["rubric"])
    values = {field: changes[field] for field in CHANGEABLE if field in changes}
    check_values(actor.organisation, builtin()[changes.get("rubric", system.rubric)], values)
    check_efforts(builtin().values(), values.get("efforts", {}))
    before = {field: getattr(system, field) for field in (*values, "rubric")}
    for field, value in values.items():
        setattr(system, field, value)
    if "lifecycle" in values:
        retired = values["lifecycle"] == Lifecycle.RETIRED
        system.retired_at = (system.retired_at or at) if retired else None
    if changes.get("rubric", system.rubric) != system.rubric:
        system.rubric = changes["rubric"]
        system.editions = [*system.editions, {"rubric": system.rubric, "from": at.isoformat()}]
    after = {field: getattr(system, field) for field in before}
    differing = {
        field: [_plain(before[field]), _plain(after[field])] for field in before if before[field] != after[field]
    }
    if not differing:
        return system
    system.save()
    if "rubric" in differing or "lifecycle" in differing:
        # Retired systems count no longer: what is remembered of their states by stamp says so, too.
        System.objects.filter(pk=system.pk).forget_states(at)
    activity.record(
        actor=actor,
        at=at,
        action="system.rubric" if "rubric" in differing else "system.changed",
        summary=f"Changed {', '.join(field.replace('_', ' ') for field in differing)} of {system}",
        system_id=system.pk,
        details={"changes": differing},
    )
    return system


def check_rubric(key: str) -> None:
    """Raises Invalid when there is no rubric of this key."""
    if key not in builtin():
        raise Invalid(FieldFault(("rubric",), f"There is no rubric {key!r}; there are {', '.join(builtin())}."))


def check_windows(rubrics: Iterable[Rubric], windows: Mapping[str, int]) -> None:
    """Raises Invalid for a window of a test that none of the rubrics has, or of too few or too many days."""
    known = {test for rubric in rubrics for test in rubric.tests}
    low, high = WINDOW_DAYS
    faults = [
        FieldFault(("windows", test), f"{test!r} is no test of this system's rubric.")
        for test in windows
        if test not in known
    ]
    faults += [
        FieldFault(("windows", test), f"A window is a whole number of days from {low} to {high}.")
        for test, days in windows.items()
        if not low <= days <= high
    ]
    if faults:
        raise Invalid(*faults)


def check_values(organisation: Organisation, rubric: Rubric, values: Mapping[str, Any]) -> None:
    """Raises Invalid for every value of CHANGEABLE that breaks a rule of this organisation or rubric."""
    faults = []
    team: Team | None = values.get("team")
    if team is not None and team.organisation_id != organisation.pk:
        faults.append(FieldFault(("team",), "There is no such team in this organisation."))
    owner: Person | None = values.get("owner")
    if owner is not None and not Membership.objects.filter(organisation=organisation, person=owner).exists():
        faults.append(FieldFault(("owner",), "The owner is no member of this organisation."))
    target: Decimal | None = values.get("target_score")
    if target is not None and not 0 <= target <= rubric.maximum:
        faults.append(FieldFault(("target_score",), f"A target lies from 0 to {number(rubric.maximum):g}."))
    tags: list[str] = values.get("tags", [])
    if len(tags) > MOST_TAGS or any(not 0 < len(tag) <= LONGEST_TAG for tag in tags) or len(set(tags)) < len(tags):
        rule = f"At most {MOST_TAGS} different tags, each of 1 to {LONGEST_TAG} characters."
        faults.append(FieldFault(("tags",), rule))
    if "lifecycle" in values and values["lifecycle"] not in Lifecycle.values:
        faults.append(FieldFault(("lifecycle",), f"One of {', '.join(Lifecycle.values)}."))
    if faults:
        raise Invalid(*faults)


def _free_slug(organisation: Organisation, name: str) -> str:
    """The name's slug, numbered where it is taken."""
    base = slugify(name)[:50].strip("-_") or "system"
    same_start = System.objects.filter(organisation=organisation, slug__startswith=base)
    taken = RESERVED_SLUGS | set(same_start.values_list("slug", flat=True))
    candidates = (base if index == 1 else f"{base}-{index}" for index in range(1, len(taken) + 2))
    return next(candidate for candidate in candidates if candidate not in taken)


def _plain(value: Any) -> Any:
    """A field's value as the activity log's JSON shows it."""
    if isinstance(value, Person):
        return value.email
    if isinstance(value, Team):
        return value.slug
    return str(value) if isinstance(value, Decimal) else value
