"""The health of a system's tests at an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from assessments.models import System
from evidence.models import Check, Result, Status
from evidence.rules_of import Rules
from scores.score import Health

NewestResult = tuple[str, str, datetime | None]


def health(system: System, rules: Rules, at: datetime) -> dict[str, Health]:
    """The health of every test of the system that has a check, at `at`."""
    return fold_health(newest_results([system], at)[system.pk], rules, at)


def newest_results(systems: Sequence[System], at: datetime) -> dict[int, list[NewestResult]]:
    """By system id, (test, status, observed_at) of each check's newest result at `at` that was not skipped, in one query.

    Checks know their newest result; where it lies in the future of `at`, one more query reads the results of these.
    """
    known = Check.objects.filter(system__in=[system.pk for system in systems]).values_list(
        "pk", "system_id", "test", "newest_status", "newest_observed_at"
    )
    found: dict[int, list[NewestResult]] = {system.pk: [] for system in systems}
    later = []
    for pk, system_id, test, status, observed_at in known:
        if observed_at is not None and observed_at > at:
            later.append(pk)
        else:
            found[system_id].append((test, status, observed_at))
    if later:
        for system_id, test, status, observed_at in _newest_by_then(later, at):
            found[system_id].append((test, status, observed_at))
    return found


def _newest_by_then(checks: Sequence[int], at: datetime) -> QuerySet[Check, tuple[int, str, str, datetime | None]]:
    """(system id, test, status, observed_at) of these checks' newest results at `at`."""
    then = (
        Result.objects.counted()
        .filter(check_of=OuterRef("pk"), observed_at__lte=at)
        .exclude(status=Status.SKIPPED)
        .order_by("-observed_at", "-received_at", "-id")
    )
    return (
        Check.objects.filter(pk__in=checks)
        .annotate(status_then=Subquery(then.values("status")[:1]))
        .annotate(observed_then=Subquery(then.values("observed_at")[:1]))
        .values_list("system_id", "test", "status_then", "observed_then")
    )


def fold_health(rows: Sequence[NewestResult], rules: Rules, at: datetime) -> dict[str, Health]:
    """Health by test from (test, status, observed_at) of each check's newest result: one that did not pass is enough."""
    statuses: Mapping[str, set[str]] = defaultdict(set)
    for test, status, observed_at in rows:
        if observed_at is not None and at - observed_at < rules.freshness(test).window:
            statuses[test].add(status)
    return {
        test: Health.PASSING if found == {Status.PASSED.value} else Health.FAILING for test, found in statuses.items()
    }


def failing_checks(rows: Sequence[NewestResult], rules: Rules, at: datetime) -> int:
    """How many checks are failing at `at`: those whose newest result lies in the window and did not pass."""
    return sum(
        status != Status.PASSED
        for test, status, observed_at in rows
        if observed_at is not None and at - observed_at < rules.freshness(test).window
    )
