"""Retention: results older than their organisation keeps them go, in batches; what they proved stays in their runs.

Kept whatever their age: voided results, so that a repost can't undo a void; and of each check the newest counted result
before the horizon that was not skipped, so that health at every instant since the horizon is what it was.
Whatever is done again finds less to do: a sweep may stop anywhere, and two may run at once.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from assessments.models import System
from evidence.locks import locked_by_id
from evidence.models import Result, ResultQuerySet, Run, Status
from evidence.snapshot import RunKey
from rubric.evidence import ResultFact, RunTimes, fold, merged

BATCH = 1000


def horizon(system: System, at: datetime) -> datetime:
    """Results of this system observed before this instant may go, as of `at` (aware); its organisation must be loaded.

    It lies as many calendar months back as the organisation keeps results, and no window in force reaches beyond it.
    """
    organisation = system.organisation
    longest = max([organisation.window_days, *system.windows.values()])
    return min(months_before(at, organisation.retention_months), at - timedelta(days=longest))


def months_before(at: datetime, months: int) -> datetime:
    """The same day and time so many calendar months earlier; the month's last day where it has no such day."""
    years, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    return at.replace(year=years, month=month + 1, day=min(at.day, monthrange(years, month + 1)[1]))


def sweep(at: datetime) -> Iterator[int]:
    """Remove all that may go as of `at`, batch by batch; yields how many results each removed."""
    for system in System.objects.select_related("organisation").order_by("pk"):
        if removable(system, horizon(system, at)).exists():
            while removed := remove_batch(system_id=system.pk, at=at):
                yield removed


def removable(system: System, before: datetime) -> ResultQuerySet:
    """The system's results that may go when none observed before this instant is kept, oldest first."""
    later = Q(observed_at__gt=OuterRef("observed_at"))
    later |= Q(observed_at=OuterRef("observed_at"), received_at__gt=OuterRef("received_at"))
    later |= Q(observed_at=OuterRef("observed_at"), received_at=OuterRef("received_at"), id__gt=OuterRef("id"))
    newer = (
        Result.objects.counted()
        .exclude(status=Status.SKIPPED)
        # The first bound follows from the rest; it lets the database start in the index.
        .filter(later, check_of=OuterRef("check_of"), observed_at__gte=OuterRef("observed_at"), observed_at__lt=before)
    )
    old = Result.objects.counted().filter(system=system, observed_at__lt=before)
    return old.filter(Q(status=Status.SKIPPED) | Exists(newer)).order_by("observed_at", "id")


@transaction.atomic
def remove_batch(*, system_id: int, at: datetime) -> int:
    """Remove the oldest BATCH of a system's results that may go as of `at`; answers how many there were."""
    system = locked_by_id(system_id)
    before = horizon(system, at)
    columns = ("id", "check_of__test", "run_id", "branch", "status", "observed_at")
    rows = list(removable(system, before).values_list(*columns)[:BATCH])
    if not rows:
        return 0
    _remember(system, fold(ResultFact(*row[1:]) for row in rows))
    kept_from = max(before, system.results_kept_from or before)
    System.objects.filter(pk=system.pk).update(results_kept_from=kept_from)
    Result.objects.filter(pk__in=[row[0] for row in rows]).delete()
    return len(rows)


def _remember(system: System, removed: Mapping[RunKey, RunTimes]) -> None:
    """Merge what these removed results say into their runs' memory of removed ones."""
    run_ids = {run_id for _, run_id, _ in removed}
    rows = Run.objects.filter(system=system, test__in={test for test, _, _ in removed}, run_id__in=run_ids)
    concerned = {key: row for row in rows if (key := (row.test, row.run_id, row.branch)) in removed}
    known = {key: row.removed for key, row in concerned.items() if row.removed is not None}
    for key, times in merged(known, removed).items():
        row = concerned[key]
        row.removed_observed_at = times.observed
        row.removed_executed_at = times.executed
        row.removed_passed_at = times.passed
    Run.objects.bulk_create(
        concerned.values(),
        update_conflicts=True,
        unique_fields=["system", "test", "run_id", "branch"],
        update_fields=["removed_observed_at", "removed_executed_at", "removed_passed_at"],
    )
