"""Importing a report: its checks folded, mapped to tests, and recorded as the results of one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import transaction
from msgspec import structs

from accounts.actors import Actor
from assessments.instants import CLOCK_TOLERANCE
from assessments.models import System
from evidence.formats import Report, ReportedCheck, Status, fold
from evidence.mapping import Mapper
from evidence.mapping_rules import mapper_of
from evidence.models import Result
from evidence.posting import Outcome, PostedResult, PostingConflict
from evidence.recording import record_results
from evidence.seen_names import note_names

NAMED_IN_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class RunOfReport:
    """What the request says of the run that a report tells of.

    `observed_at` None: each check's own time counts, else that of receipt, or `sent_at`, when a client first tried to send
    the report, where that lies before. `url`: where to read more of the run, '' for nowhere. `provenance` holds fields of
    PROVENANCE.
    """

    run_id: str
    observed_at: datetime | None = None
    sent_at: datetime | None = None
    url: str = ""
    provenance: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; `unmapped` names the checks that nothing mapped, in the order of the report."""

    outcome: Outcome
    unmapped: list[str]
    warnings: list[str]


def import_report(
    *,
    actor: Actor,
    system: System,
    report: Report,
    run: RunOfReport,
    received_at: datetime,
    dry_run: bool = False,
) -> Imported:
    """Record a report's mapped checks, all of them or none, and keep the names of all for the writing of rules.

    `received_at` is aware. Raises PostingRefused and PostingConflict as `record_results` does; the faults' indexes count
    the mapped checks. With `dry_run`, and for a report without checks, nothing is stored.
    """
    checks = fold(report.checks)
    mapper = mapper_of(system)
    sorted_out = _SortedOut(checks, report.format, mapper)
    results = [_result(check, test, system, run, received_at) for check, test in sorted_out.mapped]
    record = partial(record_results, actor=actor, received_at=received_at, dry_run=dry_run, concerning=[system.slug])
    with transaction.atomic():
        try:
            outcome = record(results=results)
        except PostingConflict:
            outcome = record(results=_without_times_once_ahead(results, system, run))
        if checks and not dry_run:
            note_names(system, report.format, checks, mapper, received_at)
    return Imported(
        outcome,
        unmapped=[check.name for check in sorted_out.unmapped],
        warnings=[*report.warnings, *sorted_out.warnings(), *_warnings_of_time(checks, run, received_at)],
    )


class _SortedOut:
    """The checks of a report with the tests they evidence, and those that nothing maps."""

    def __init__(self, checks: Sequence[ReportedCheck], format_name: str, mapper: Mapper) -> None:
        self.mapped: list[tuple[ReportedCheck, str]] = []
        self.unmapped: list[ReportedCheck] = []
        self.strange = [check for check in checks if check.key is not None and not mapper.knows(check.key)]
        for check in checks:
            match = mapper.find(check.name, format_name, check.key)
            if match is None:
                self.unmapped.append(check)
            else:
                self.mapped.append((check, match.test))

    def warnings(self) -> list[str]:
        """What the sender should know besides the names of the unmapped."""
        told = [
            f"Check '{check.name}' carries the key '{check.key}', which is no test of this system's rubric."
            for check in self.strange[:NAMED_IN_WARNINGS]
        ]
        if len(self.strange) > NAMED_IN_WARNINGS:
            told.append(f"{len(self.strange) - NAMED_IN_WARNINGS} more checks carry keys of no test.")
        bad = sum(check.status in (Status.FAILED, Status.ERROR) for check in self.unmapped)
        if bad:
            told.append(f"{bad} of the {len(self.unmapped)} checks that no rule maps did not pass.")
        return told


def _result(check: ReportedCheck, test: str, system: System, run: RunOfReport, received_at: datetime) -> PostedResult:
    return PostedResult(
        system=system.slug,
        test=test,
        run_id=run.run_id,
        status=check.status.value,
        check=check.name,
        observed_at=run.observed_at or _own_time(check, received_at) or _time_of_sending(run, received_at),
        message=check.message,
        metrics=dict(check.metrics),
        url=run.url,
        **run.provenance,
    )


def _own_time(check: ReportedCheck, received_at: datetime) -> datetime | None:
    """The report's own time, unless it lies in the future."""
    return None if _is_ahead(check, received_at) else check.observed_at


def _time_of_sending(run: RunOfReport, received_at: datetime) -> datetime | None:
    return min(run.sent_at, received_at) if run.sent_at is not None else None


def _without_times_once_ahead(
    results: Sequence[PostedResult], system: System, run: RunOfReport
) -> Sequence[PostedResult]:
    """The results as they were taken when this run was first received: without times that lay in the future then.

    The same report has to say the same once they lie in the past.
    """
    if run.observed_at is not None:
        return results
    stored = Result.objects.filter(system=system, run_id=run.run_id)
    received = dict(stored.values_list("check_of__name", "received_at"))
    return [
        structs.replace(result, observed_at=None)
        if result.observed_at and result.observed_at > received.get(result.check, result.observed_at) + CLOCK_TOLERANCE
        else result
        for result in results
    ]


def _is_ahead(check: ReportedCheck, received_at: datetime) -> bool:
    return check.observed_at is not None and check.observed_at > received_at + CLOCK_TOLERANCE


def _warnings_of_time(checks: Sequence[ReportedCheck], run: RunOfReport, received_at: datetime) -> list[str]:
    if run.observed_at is not None:
        return []
    ahead = sum(_is_ahead(check, received_at) for check in checks)
    return [f"{ahead} checks bear a time in the future; the time of receipt stands for it."] if ahead else []
