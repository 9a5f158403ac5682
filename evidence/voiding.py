"""Voiding a result: it stays, marked, and counts nothing at any time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import activity
from accounts.actors import Actor
from assessments.models import System
from evidence import spans
from evidence.locks import locked_by_id
from evidence.models import Check, Result, Run, Status
from evidence.preparation import keep_pending_spans
from evidence.rules_of import Rules
from notify.changes import SystemChange, system_changed
from rubric.evidence import ResultFact, fold, merged, run_instants


class AlreadyVoided(Exception):
    """The result is voided already (409)."""


@transaction.atomic
def void_result(*, actor: Actor, result_id: int, reason: str, at: datetime) -> Result:
    """Void a result of the actor's organisation; `reason` is not empty, `at` is aware.

    Its run is computed again from the results that remain and from what it remembers of removed ones.
    Raises Result.DoesNotExist and AlreadyVoided.
    """
    found = Result.objects.select_related("check_of").get(pk=result_id, system__organisation=actor.organisation)
    system = locked_by_id(found.system_id)
    result = Result.objects.select_related("check_of").get(pk=result_id)
    if result.voided_at is not None:
        raise AlreadyVoided
    result.voided_at, result.voided_by, result.void_reason = at, actor.label, reason
    result.save(update_fields=["voided_at", "voided_by", "void_reason"])
    _renew_health(result.check_of)
    _recompute_run(system, result)
    System.objects.filter(pk=system.pk).forget_states(result.observed_at)
    activity.record(
        actor=actor,
        at=at,
        action="result.voided",
        summary=f"Voided the result of {result.check_of.name} in run {result.run_id}",
        system_id=system.pk,
        details={"result": result.pk, "test": result.check_of.test, "reason": reason},
    )
    system_changed(SystemChange(system.organisation_id, system.pk, at))
    return result


def _renew_health(check: Check) -> None:
    newest = (
        Result.objects.counted()
        .filter(check_of=check)
        .exclude(status=Status.SKIPPED)
        .order_by("-observed_at", "-received_at", "-id")
        .first()
    )
    check.take(newest)
    check.save(update_fields=["newest_status", "newest_observed_at", "newest_received_at"])


def _recompute_run(system: System, result: Result) -> None:
    test = result.check_of.test
    rules = Rules.of(system)
    rows = list(Run.objects.filter(system=system, test=test, run_id=result.run_id))
    before = {(test, row.run_id, row.branch): row.times for row in rows}
    removed = {(test, row.run_id, row.branch): row.removed for row in rows if row.removed is not None}
    rest = Result.objects.counted().filter(system=system, check_of__test=test, run_id=result.run_id)
    facts = rest.values_list("run_id", "branch", "status", "observed_at")
    after = merged(fold(ResultFact(test, *fact) for fact in facts), removed)
    old = run_instants(before, rules.counting).get(test, {}).get(result.run_id)
    new = run_instants(after, rules.counting).get(test, {}).get(result.run_id)
    row = Run.objects.filter(system=system, test=test, run_id=result.run_id, branch=result.branch)
    remaining = after.get((test, result.run_id, result.branch))
    if remaining is None:
        row.delete()
    else:
        row.update(
            first_observed_at=remaining.observed,
            first_executed_at=remaining.executed,
            first_passed_at=remaining.passed,
        )
    if any(times.observed == system.first_run_at for times in before.values()):
        first = Run.objects.filter(system=system).first_observed_at()
        System.objects.filter(pk=system.pk).update(first_run_at=first)
    if old is not None and new != old:
        spans.rebuild_region(system, system.generation, rules, {test: (old, old if new is None else new)})
    keep_pending_spans(system, rules, before, after)
