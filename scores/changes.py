"""What changed in one system between two instants, test by test, and through which facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.compiled import compiled
from accounts.statements import VENDOR, document, listed, matching, to_sql
from assessments.claims import claims_of
from assessments.models import Assessment, System
from evidence.models import Run
from evidence.rules_of import Rules
from rubric.definition import Rubric, Test
from rubric.levels import Level
from rubric.timeline import EvidenceSpan, Facts
from scores.facts import load_facts
from scores.snapshots import Snapshot, snapshot
from scores.trends import first_runs

MOST_CAUSES = 4


class CauseKind(StrEnum):
    """What can change a level: an assessment, a run, or evidence that ran out."""

    ASSESSMENT = "assessment"
    RUN = "run"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True)
class Cause:
    """One change of what is claimed or verified for a test, from `before` to `after` at an instant (aware).

    `by` is who recorded the assessment, or the run's id ('' where it is not known); `assessment` is the assessment's id.
    """

    at: datetime
    kind: CauseKind
    before: Level
    after: Level
    by: str = ""
    assessment: int | None = None


@dataclass(frozen=True, slots=True)
class TestChange:
    """A test whose claimed or verified level differs, with its newest causes, ascending; `earlier` counts the others."""

    __test__ = False

    test: Test
    causes: Sequence[Cause]
    earlier: int


@dataclass(frozen=True, slots=True)
class Changes:
    """A system at two instants, and the tests of the later rubric that differ, in its order."""

    before: Snapshot
    after: Snapshot
    tests: Sequence[TestChange]
    editions: Sequence[tuple[datetime, Rubric]]


def changes(system: System, start: datetime, end: datetime) -> Changes:
    """What differs between `start` and the later `end`, in four queries. The system's organisation must be loaded."""
    finals = _finals(system.pk, end)
    facts = load_facts([system], start, end, finals=finals)[system.pk]
    first = first_runs([system])[system.pk]
    before, after = snapshot(system, facts, first, start), snapshot(system, facts, first, end)
    found = _claimed(finals, start)
    for test, causes in _verified(facts, start, end).items():
        found[test] += causes
    differing = [
        _change(test, found[key])
        for key, test in facts.rubric_at(end).tests.items()
        if (before.claimed(key), before.verified(key)) != (after.claimed(key), after.verified(key))
    ]
    editions = [(since, rubric) for since, rubric in facts.editions if since is not None and start < since <= end]
    return Changes(before, after, _with_runs(system, differing), editions)


def _change(test: Test, causes: Sequence[Cause]) -> TestChange:
    ascending = sorted(causes, key=lambda cause: cause.at)
    return TestChange(test, ascending[-MOST_CAUSES:], max(0, len(ascending) - MOST_CAUSES))


@compiled
def _finals(system: int, end: datetime) -> QuerySet[Assessment]:
    """The final assessments made by `end`, ascending."""
    return Assessment.objects.final().filter(system=system, effective_at__lte=end)


def _claimed(finals: Sequence[Assessment], start: datetime) -> dict[str, list[Cause]]:
    """Every change of a claimed level after `start`, by test."""
    found: dict[str, list[Cause]] = defaultdict(list)
    held: Mapping[str, Level] = {}
    for final in finals:
        claims = claims_of(final)
        for test in {*held, *claims.levels} if claims.effective_at > start else ():
            before, after = held.get(test, Level.NONE), claims.levels.get(test, Level.NONE)
            if before is not after:
                cause = Cause(claims.effective_at, CauseKind.ASSESSMENT, before, after, final.recorded_by, final.pk)
                found[test].append(cause)
        held = claims.levels
    return found


def _verified(facts: Facts, start: datetime, end: datetime) -> dict[str, list[Cause]]:
    """Every change of a verified level in (start, end], by test."""
    by_test: dict[str, list[EvidenceSpan]] = defaultdict(list)
    for span in facts.spans:
        by_test[span.test].append(span)
    return {test: list(_steps(spans, start, end)) for test, spans in by_test.items()}


def _steps(spans: Sequence[EvidenceSpan], start: datetime, end: datetime) -> Iterator[Cause]:
    instants = {at for span in spans for at in (span.starts_at, span.ends_at) if start < at <= end}
    before = _held(spans, start)
    for at in sorted(instants):
        after = _held(spans, at)
        if after is not before:
            yield Cause(at, CauseKind.RUN if after > before else CauseKind.LAPSE, before, after)
        before = after


def _held(spans: Sequence[EvidenceSpan], at: datetime) -> Level:
    return max((span.level for span in spans if span.starts_at <= at < span.ends_at), default=Level.NONE)


def _with_runs(system: System, tests: Sequence[TestChange]) -> list[TestChange]:
    """The same with the ids of the runs that raised a level: evidence rises at the instant of a run. One query at most."""
    rises = {(test.test.key, cause.at) for test in tests for cause in test.causes if cause.kind is CauseKind.RUN}
    runs: dict[tuple[str, datetime], str] = {}
    if rises:
        wanted = document([(test, to_sql(at)) for test, at in rises])
        found = _runs(system.pk, wanted, credit=system.organisation.credit, branch=system.counted_branch)
        runs = {(test, at): run_id for test, at, run_id in found}
    return [
        replace(
            test,
            causes=[
                replace(cause, by=runs.get((test.test.key, cause.at), "")) if cause.kind is CauseKind.RUN else cause
                for cause in test.causes
            ],
        )
        for test in tests
    ]


@compiled
def _runs(system: int, wanted: str, *, credit: str, branch: str | None) -> QuerySet[Run, tuple[str, datetime, str]]:
    """The runs of this credit rule and counted branch at the wanted tests and times, those first by name last."""
    rules = Rules(window_days=0, repeat_hours=0, credit=credit, windows={}, counted_branch=branch)
    column = rules.time_column
    own = f"r.system_id = %s AND r.test = l.test AND r.{column} = l.at"
    parts = listed(VENDOR, "l", test="text", at="timestamptz"), matching(VENDOR, "evidence_run", "r", own)
    keys = RawSQL("SELECT r.id FROM " + " ".join(parts), (wanted, system))
    return Run.objects.filter(pk__in=keys).timed(rules).order_by("-run_id").values_list("test", column, "run_id")
