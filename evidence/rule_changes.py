"""Changing the rules by which history is read: at once where few runs are concerned, else prepared in the background.

A change in preparation has spans of its own, under its id as generation. It is prepared one test of one system at a time,
each in a transaction under the system's lock, so that postings wait a moment at most and a killed worker goes on where it
stopped. Writers keep the prepared tests up to date. The swap is one transaction: settings and pointers change together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal

from accounts import activity
from accounts.actors import Actor
from accounts.models import Organisation
from assessments.models import System
from evidence import spans
from evidence.models import PreparedTest, RuleChange, Run, Span
from evidence.rules_of import Rules
from evidence.snapshot import RunKey
from rubric.evidence import RunTimes

AT_ONCE = 10_000
rule_change_requested = Signal()
ORGANISATION_RULES = ("window_days", "repeat_hours", "credit")
SYSTEM_RULES = ("windows", "counted_branch")


class ChangeInPreparation(Exception):
    """Another change of rules, of another scope, is being prepared; it has to be swapped in first (409)."""


def pending_of(organisation: Organisation) -> RuleChange | None:
    """The change in preparation in this organisation, if any."""
    return RuleChange.objects.pending().filter(organisation=organisation).first()


@transaction.atomic
def change_rules(*, actor: Actor, changes: Mapping[str, Any], at: datetime, system: System | None = None) -> None:
    """Change rules of the actor's organisation (`system` None) or of one system, for all times.

    `changes` holds new values of ORGANISATION_RULES or SYSTEM_RULES, their form checked; values that are in force
    already are no change. `at` is an aware datetime. Raises ChangeInPreparation.
    """
    organisation = Organisation.objects.select_for_update().get(pk=actor.organisation.pk)
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
    systems_of(change).update(pending_generation=change.pk)
    transaction.on_commit(lambda: rule_change_requested.send(sender=RuleChange), robust=True)


def systems_of(change: RuleChange) -> QuerySet[System]:
    """The systems whose history the change concerns."""
    if change.system_id is not None:
        return System.objects.filter(pk=change.system_id)
    return System.objects.filter(organisation_id=change.organisation_id)


def _tests_of(change: RuleChange, system: System) -> set[str]:
    """The tests of a system whose spans may come out differently."""
    tests = set(Run.objects.filter(system=system).values_list("test", flat=True).distinct())
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
    for system in systems_of(change):
        tests = _tests_of(change, system)
        if tests:
            concerned |= Q(system=system, test__in=tests)
    return Run.objects.filter(concerned)[: AT_ONCE + 1].count()


def _new_rules(change: RuleChange, system: System) -> Rules:
    return Rules.of(system).changed(change.changes)


def _apply_at_once(change: RuleChange, at: datetime) -> None:
    systems = systems_of(change).select_related("organisation").order_by("slug").select_for_update(of=("self",))
    for system in systems:
        tests = _tests_of(change, system)
        spans.rebuild_tests(system, system.generation, _new_rules(change, system), tests)
    _set_values(change, at)


def _set_values(change: RuleChange, at: datetime) -> None:
    """Write the new values and the line of the activity log that charts mark."""
    scope: Organisation | System = change.system or change.organisation
    details = {field: [getattr(scope, field), value] for field, value in change.changes.items()}
    type(scope).objects.filter(pk=scope.pk).update(**change.changes)
    actor = Actor(organisation=change.organisation, person=change.actor_person, token=change.actor_token)
    activity.record(
        actor=actor,
        at=at,
        action="rules.changed",
        summary=f"Changed {', '.join(change.changes)} of {scope}",
        system_id=change.system_id,
        details={"changes": details},
    )


def prepare_next(change: RuleChange) -> bool:
    """Prepare one more test of one system; False when none is left. Safe to call again after any crash."""
    for system in systems_of(change).order_by("slug"):
        done = PreparedTest.objects.filter(change=change, system=system).values_list("test", flat=True)
        left = Run.objects.filter(system=system).exclude(test__in=done).values_list("test", flat=True).first()
        if left is not None:
            _prepare(change, system.pk, left)
            return True
    return False


@transaction.atomic
def _prepare(change: RuleChange, system_id: int, test: str) -> None:
    system = System.objects.select_related("organisation").select_for_update(of=("self",)).get(pk=system_id)
    if system.pending_generation != change.pk:
        return
    spans.rebuild_tests(system, change.pk, _new_rules(change, system), [test])
    PreparedTest.objects.get_or_create(change=change, system=system, test=test)


@transaction.atomic
def swap(change_id: int, *, at: datetime) -> bool:
    """Put a wholly prepared change in force, everywhere at once; False when something is left to prepare.

    `at` is an aware datetime: when the change took effect on what is shown.
    """
    change = (
        RuleChange.objects.select_for_update(of=("self",)).select_related("organisation", "system").get(pk=change_id)
    )
    if change.swapped_at is not None or change.superseded_at is not None:
        return True
    systems = list(systems_of(change).order_by("slug").select_for_update())
    prepared = set(PreparedTest.objects.filter(change=change).values_list("system_id", "test"))
    needed = Run.objects.filter(system__in=systems).values_list("system_id", "test").distinct()
    if set(needed) - prepared:
        return False
    outdated = Q(pk__in=[])
    for system in systems:
        outdated |= Q(system=system) & ~Q(generation=change.pk)
    _set_values(change, at)
    systems_of(change).update(generation=change.pk, pending_generation=None)
    Span.objects.filter(outdated).delete()
    PreparedTest.objects.filter(change=change).delete()
    change.swapped_at = at
    change.save(update_fields=["swapped_at"])
    return True


def _drop(change: RuleChange, at: datetime) -> None:
    """Give up a change in preparation."""
    systems_of(change).update(pending_generation=None)
    Span.objects.filter(system__in=systems_of(change), generation=change.pk).delete()
    PreparedTest.objects.filter(change=change).delete()
    change.superseded_at = at
    change.save(update_fields=["superseded_at"])


def progress(change: RuleChange) -> tuple[int, int]:
    """How many (system, test) pairs are prepared, and of how many."""
    total = Run.objects.filter(system__in=systems_of(change)).values("system_id", "test").distinct().count()
    return PreparedTest.objects.filter(change=change).count(), total


def keep_pending_spans(system: System, rules: Rules, runs: Mapping[RunKey, RunTimes]) -> None:
    """After these runs were stored, bring the prepared spans of a pending generation in line too."""
    if system.pending_generation is None or not runs:
        return
    change = RuleChange.objects.get(pk=system.pending_generation)
    prepared = set(PreparedTest.objects.filter(change=change, system=system).values_list("test", flat=True))
    new_rules = rules.changed(change.changes)
    spans.rebuild_tests(system, change.pk, new_rules, prepared & {test for test, _, _ in runs})
