"""What a user can do to an initiative: start it, add steps, say who does what by when, delete it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts import activity
from accounts.actors import Actor
from accounts.errors import FieldFault, Invalid
from accounts.models import Membership, Person
from assessments.links import LONGEST_LINK, is_link
from assessments.models import STEP_LEVELS, Initiative, InitiativeStep, System
from rubric.loader import builtin

MOST_STEPS = 500


@dataclass(frozen=True, slots=True)
class WantedStep:
    """Raising a test of a system to a level, by its key: `manual` or `automated`."""

    system: System
    test: str
    level: str


@dataclass(frozen=True, slots=True)
class StepDetails:
    """What is said of one step: who does it, by which day, and the address of its issue (empty for none)."""

    step_id: int
    owner: Person | None
    due_on: date | None
    issue_url: str


@transaction.atomic
def create_initiative(
    *,
    actor: Actor,
    title: str,
    steps: Sequence[WantedStep],
    at: datetime,
    purpose: str = "",
    due_on: date | None = None,
) -> Initiative:
    """Start an initiative of the actor's organisation with these steps. Raises Invalid."""
    _check_words(title, purpose)
    initiative = Initiative.objects.create(
        organisation=actor.organisation,
        title=title,
        purpose=purpose,
        due_on=due_on,
        created_at=at,
        created_by=actor.person,
    )
    _add(actor, initiative, steps, at)
    _record(actor, at, "initiative.created", f"Started the initiative {title} with {_count(len(steps))}")
    return initiative


@transaction.atomic
def add_steps(*, actor: Actor, initiative: Initiative, steps: Sequence[WantedStep], at: datetime) -> int:
    """Add the steps that the initiative lacks; answers how many these were. Raises Invalid."""
    initiative = Initiative.objects.select_for_update().get(pk=initiative.pk, organisation=actor.organisation)
    added = _add(actor, initiative, steps, at)
    if added:
        _record(actor, at, "initiative.changed", f"Added {_count(added)} to the initiative {initiative}")
    return added


@transaction.atomic
def update_initiative(
    *,
    actor: Actor,
    initiative: Initiative,
    title: str,
    purpose: str,
    due_on: date | None,
    details: Sequence[StepDetails],
    removed: Sequence[int],
    at: datetime,
) -> Initiative:
    """Change what is said of an initiative and of its steps, and take out those whose ids are in `removed`.

    Steps of other initiatives are passed over. Raises Invalid.
    """
    _check_words(title, purpose)
    _check_details(actor, details)
    initiative = Initiative.objects.select_for_update().get(pk=initiative.pk, organisation=actor.organisation)
    initiative.title, initiative.purpose, initiative.due_on = title, purpose, due_on
    initiative.save(update_fields=["title", "purpose", "due_on"])
    initiative.steps.filter(pk__in=removed).delete()
    stored = {step.pk: step for step in initiative.steps.all()}
    changed = []
    for detail in details:
        step = stored.get(detail.step_id)
        if step is not None:
            step.owner, step.due_on, step.issue_url = detail.owner, detail.due_on, detail.issue_url
            changed.append(step)
    InitiativeStep.objects.bulk_update(changed, ["owner", "due_on", "issue_url"])
    _record(actor, at, "initiative.changed", f"Changed the initiative {initiative}")
    return initiative


@transaction.atomic
def delete_initiative(*, actor: Actor, initiative: Initiative, at: datetime) -> None:
    """Delete an initiative with its steps; no score changes."""
    initiative = Initiative.objects.select_for_update().get(pk=initiative.pk, organisation=actor.organisation)
    _record(actor, at, "initiative.deleted", f"Deleted the initiative {initiative}")
    initiative.delete()


def _add(actor: Actor, initiative: Initiative, steps: Sequence[WantedStep], at: datetime) -> int:
    _check_steps(actor, steps)
    known = set(initiative.steps.values_list("system_id", "test", "level"))
    new = {key: step for step in steps if (key := (step.system.pk, step.test, step.level)) not in known}
    if len(known) + len(new) > MOST_STEPS:
        raise Invalid(FieldFault(("steps",), f"An initiative has at most {MOST_STEPS} steps."))
    InitiativeStep.objects.bulk_create(
        InitiativeStep(initiative=initiative, system=step.system, test=step.test, level=step.level, added_at=at)
        for step in new.values()
    )
    return len(new)


def _check_words(title: str, purpose: str) -> None:
    faults = []
    if not title.strip() or len(title) > 120:
        faults.append(FieldFault(("title",), "A title has 1 to 120 characters."))
    if len(purpose) > 2000:
        faults.append(FieldFault(("purpose",), "A purpose has up to 2000 characters."))
    if faults:
        raise Invalid(*faults)


def _check_steps(actor: Actor, steps: Sequence[WantedStep]) -> None:
    if not steps:
        raise Invalid(FieldFault(("steps",), "Choose at least one step."))
    for index, step in enumerate(steps):
        ours = step.system.organisation_id == actor.organisation.pk
        if not ours or step.test not in builtin()[step.system.rubric].tests or step.level not in STEP_LEVELS:
            raise Invalid(FieldFault(("steps", index), f"{step.test}.{step.level} is no step of {step.system}."))


def _check_details(actor: Actor, details: Sequence[StepDetails]) -> None:
    owners = {detail.owner.pk for detail in details if detail.owner is not None}
    members = Membership.objects.filter(organisation=actor.organisation, person__in=owners)
    ours = set(members.values_list("person_id", flat=True))
    faults = [
        FieldFault(("details", index, "owner"), "The owner is no member of this organisation.")
        for index, detail in enumerate(details)
        if detail.owner is not None and detail.owner.pk not in ours
    ]
    faults += [
        FieldFault(("details", index, "issue_url"), f"An http or https address of up to {LONGEST_LINK} characters.")
        for index, detail in enumerate(details)
        if detail.issue_url and not is_link(detail.issue_url)
    ]
    if faults:
        raise Invalid(*faults)


def _record(actor: Actor, at: datetime, action: str, summary: str) -> None:
    activity.record(actor=actor, at=at, action=action, summary=summary)


def _count(steps: int) -> str:
    return "1 step" if steps == 1 else f"{steps} steps"
