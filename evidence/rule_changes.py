"""Changing the rules by which history is read: at once where few runs are concerned, else prepared in the background.

A change in preparation has spans of its own, under its id as generation (`evidence.preparation`). The swap is one
transaction: settings and pointers change together. The spans that it puts out of force are deleted afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.dispatch import Signal

from accounts import activity
from accounts.actors import Actor
from accounts.models import Organisation
from assessments.models import System
from evidence import spans
from evidence.locks import renew
from evidence.models import Check, RuleChange, Run, Span
from evidence.preparation import unprepared
from evidence.rules_of import Rules

AT_ONCE = 10_000
CLEARED_AT_ONCE = 10_000
GRACE = timedelta(minutes=5)
rule_change_requested = Signal()


class ChangeInPreparation(Exception):
    """Another change of rules, of another scope, is being prepared; it has to be swapped in first (409)."""


def pending_of(organisation: Organisation) -> RuleChange | None:
    """The change in preparation in this organisation, if any, with its organisation and system."""
    pending = RuleChange.objects.pending().select_related("organisation", "system")
    return pending.filter(organisation=organisation).first()


def change_for(system: System) -> RuleChange | None:
    """The change that was in preparation for this system when the system was read, put in force since or not."""
    changes = RuleChange.objects.select_related("organisation", "system")
    return None if system.pending_generation is None else changes.get(pk=system.pending_generation)


def settings_of(organisation: Organisation) -> tuple[Organisation, RuleChange | None]:
    """The organisation's settings as stored, and the change in preparation, as of one moment."""
    pending = pending_of(organisation)
    # A change in preparation comes with the values that it leaves in force until its swap.
    stored = Organisation.objects.get(pk=organisation.pk) if pending is None else pending.organisation
    return stored, pending


@transaction.atomic
def change_rules(*, actor: Actor, changes: Mapping[str, Any], at: datetime, system: System | None = None) -> None:
    """Change rules of the actor's organisation (`system` None) or of one system, for all times.

    `changes` holds new values of ORGANISATION_RULES or SYSTEM_RULES, their form checked; values that are in force
    already are no change. `at` is an aware datetime. Raises ChangeInPreparation.
    """
    # Postings that hold their systems refer to the organisation at their end; a lock of its key would be a deadlock.
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=actor.organisation.pk)
    scope: Organisation | System = organisation
    if system is not None:
        scope = System.objects.select_for_update().get(pk=system.pk)
    pending = pending_of(organisation)
    if pending is not None:
        if pending.system_id != (system.pk if system else None):
            raise ChangeInPreparation
        changes = {**pending.changes, **changes}
        _drop(pending, at)
    changes = {field: value for field, value in changes.items() if getattr(scope, field) != value}
    if not changes:
        return
    change = RuleChange(
        organisation=organisation,
        system=system,
        changes=dict(changes),
        requested_at=at,
        actor_person=actor.person,
        actor_token=actor.token,
    )
    if _concerned_runs(change) <= AT_ONCE:
        _apply_at_once(change, at)
        return
    change.save()
    _lock_systems(change)
    change.systems().update(pending_generation=change.pk)
    transaction.on_commit(lambda: rule_change_requested.send(sender=RuleChange), robust=True)


def _lock_systems(change: RuleChange) -> None:
    """Lock the systems concerned in the order in which postings lock theirs."""
    list(change.systems().order_by("slug").select_for_update().values_list("pk"))


def _tests_of(change: RuleChange, system: System) -> set[str]:
    """The tests of a system whose spans may come out differently."""
    tests = set(Check.objects.filter(system=system).values_list("test", flat=True).distinct())
    fields = set(change.changes)
    if fields == {"windows"}:
        new = change.changes["windows"]
        return {test for test in tests if new.get(test) != system.windows.get(test)}
    if fields == {"window_days"}:
        return {test for test in tests if test not in system.windows}
    return tests


def _concerned_runs(change: RuleChange) -> int:
    """How many runs the change concerns, counted no further than is needed to tell that they are many."""
    concerned = Q(pk__in=[])
    for system in change.systems():
        tests = _tests_of(change, system)
        if tests:
            concerned |= Q(system=system, test__in=tests)
    return Run.objects.filter(concerned)[: AT_ONCE + 1].count()


def _new_rules(change: RuleChange, system: System) -> Rules:
    return Rules.of(system).changed(change.changes)


def _apply_at_once(change: RuleChange, at: datetime) -> None:
    """Prepare and swap in one transaction; a reader of several statements goes on with the spans that it began with."""
    change.swapped_at = at
    change.save()
    systems = change.systems().select_related("organisation").order_by("slug").select_for_update(of=("self",))
    for system in systems:
        tests = _tests_of(change, system)
        if tests:
            spans.copy(system, system.generation, change.pk, tests)
            spans.rebuild_tests(system, change.pk, _new_rules(change, system), tests)
            System.objects.filter(pk=system.pk).update(generation=change.pk)
    _set_values(change, at)


def _set_values(change: RuleChange, at: datetime) -> None:
    """Write the new values and the line of the activity log that charts mark. The systems concerned must be locked."""
    renew(change.systems())
    scope: Organisation | System = change.system or change.organisation
    details = {field: [getattr(scope, field), value] for field, value in change.changes.items()}
    type(scope).objects.filter(pk=scope.pk).update(**change.changes)
    change.systems().forget_states()
    actor = Actor(organisation=change.organisation, person=change.actor_person, token=change.actor_token)
    activity.record(
        actor=actor,
        at=at,
        action="rules.changed",
        summary=f"Changed {', '.join(change.changes)} of {scope}",
        system_id=change.system_id,
        details={"changes": details},
    )


@transaction.atomic
def swap(change_id: int, *, at: datetime) -> bool:
    """Put a wholly prepared change in force, everywhere at once; False when something is left to prepare.

    `at` is an aware datetime: when the change took effect on what is shown.
    """
    # Locked in the order of `change_rules`, and not by their keys, which a stretch that is being prepared refers to.
    found = RuleChange.objects.get(pk=change_id)
    list(Organisation.objects.filter(pk=found.organisation_id).select_for_update(no_key=True))
    locked = RuleChange.objects.select_for_update(of=("self",), no_key=True)
    change = locked.select_related("organisation", "system").get(pk=change_id)
    if change.swapped_at is not None or change.superseded_at is not None:
        return True
    # The locks keep postings away from here on, so that none adds a test.
    _lock_systems(change)
    if unprepared(change):
        return False
    _set_values(change, at)
    change.systems().update(generation=change.pk, pending_generation=None)
    change.prepared.all().delete()
    change.swapped_at = at
    change.save(update_fields=["swapped_at"])
    return True


def _drop(change: RuleChange, at: datetime) -> None:
    """Give up a change in preparation."""
    _lock_systems(change)
    change.systems().update(pending_generation=None)
    change.prepared.all().delete()
    change.superseded_at = at
    change.save(update_fields=["superseded_at"])


def clear_next(at: datetime) -> bool:
    """Delete some of the spans that no reader needs any more as of `at` (aware); False when there are none.

    Readers that began before a swap go on with the spans of the rules that they read, so these stay for GRACE.
    """
    over = Q(swapped_at__lte=at - GRACE) | Q(superseded_at__lte=at - GRACE)
    change = RuleChange.objects.filter(over, cleared_at__isnull=True).order_by("pk").first()
    if change is None:
        return False
    outdated = Span.objects.filter(system__in=change.systems(), generation=change.pk).exclude(
        system__generation=change.pk
    )
    if change.swapped_at is not None:
        outdated = Span.objects.filter(system__in=change.systems(), generation__lt=F("system__generation"))
    some = list(outdated.values_list("pk", flat=True)[:CLEARED_AT_ONCE])
    Span.objects.filter(pk__in=some).delete()
    if not some:
        change.cleared_at = at
        change.save(update_fields=["cleared_at"])
    return True
