"""What changed in one system between two instants, test by test, and through which facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.compiled import compiled
from accounts.statements import VENDOR, document, listed, matching, to_sql
from evidence.models import Run
from evidence.rules_of import Rules
from rubric.definition import Rubric, Test
from rubric.levels import Level
from rubric.moment import Moment
from rubric.once import Once
from rubric.states import EVER
from rubric.timeline import Claims, EvidenceSpan, Facts, levels_at
from scores.reading import score_of
from scores.recorded import Final, Recorded
from scores.tallied import Tallied
from scores.whole_histories import Whole

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


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """A system at two instants, and the tests of the later rubric that differ, in its order. It equals itself alone.

    `before` and `after` are None where nothing was recorded by then. `editions` came into force in between.
    """

    before: Tallied | None
    after: Tallied | None
    rubric: Rubric
    tests: Sequence[TestChange]
    editions: Sequence[tuple[datetime, Rubric]]


def changes(recorded: Recorded, start: datetime, end: datetime) -> Changes:
    """What differs between `start` and the later `end` (aware), in one query at most.

    It is one object as long as nothing else differs.
    """
    whole = recorded.whole
    make = _differing if whole.lasting else _differing.__wrapped__
    found = make(whole, recorded.finals, Moment.among(start, end, (whole.edges, (timedelta(0),))))
    rises = _rises(found)
    if not rises:
        return found
    runs = _runs(recorded.pk, rises, credit=recorded.rules.credit, branch=recorded.rules.counted_branch)
    return _with_runs(found, tuple(runs))


# Between two edges of its facts nothing of it depends on the instants themselves.
@lru_cache(maxsize=64)
def _differing(whole: Whole, finals: Once[Final], moment: Moment) -> Changes:
    """The same without the ids of runs."""
    facts, start, end = whole.facts, moment.at, moment.until
    before, after = (_state(whole, at) for at in (start, end))
    rubric = facts.rubric_at(end)
    found = _claimed(finals, facts.claims, start, end)
    for test, causes in _verified(facts, start, end).items():
        found[test] += causes
    differing = [
        _change(test, found[key]) for key, test in rubric.tests.items() if cell(before, key) != cell(after, key)
    ]
    editions = [(since, edition) for since, edition in facts.editions if since is not None and start < since <= end]
    return Changes(before, after, rubric, differing, editions)


def _state(whole: Whole, at: datetime) -> Tallied | None:
    """What held at an instant; its score as of no instant."""
    if whole.since is None or at < whole.since:
        return None
    levels = levels_at(whole.facts, at)
    return Tallied(levels, score_of(whole.facts.rubric_at(at), levels, EVER))


def cell(state: Tallied | None, test: str) -> tuple[Level, Level]:
    """What is claimed and what is verified of a test, if anything was recorded."""
    if state is None:
        return Level.NONE, Level.NONE
    return state.levels.claimed.get(test, Level.NONE), state.levels.verified.get(test, Level.NONE)


def _change(test: Test, causes: Sequence[Cause]) -> TestChange:
    ascending = sorted(causes, key=lambda cause: cause.at)
    return TestChange(test, ascending[-MOST_CAUSES:], max(0, len(ascending) - MOST_CAUSES))


def _claimed(
    finals: Sequence[Final], claims: Sequence[Claims], start: datetime, end: datetime
) -> dict[str, list[Cause]]:
    """Every change of a claimed level in (start, end], by test; `claims` are those of the final assessments."""
    found: dict[str, list[Cause]] = defaultdict(list)
    held: Mapping[str, Level] = {}
    for final, own in zip(finals, claims, strict=True):
        for test in {*held, *own.levels} if start < own.effective_at <= end else ():
            before, after = held.get(test, Level.NONE), own.levels.get(test, Level.NONE)
            if before is not after:
                cause = Cause(own.effective_at, CauseKind.ASSESSMENT, before, after, final.recorded_by, final.pk)
                found[test].append(cause)
        held = own.levels
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


@lru_cache(maxsize=64)
def _rises(found: Changes) -> str:
    """The parameter of `_runs` that asks for what raised a level, empty if nothing did: it rises at the instant of a run."""
    rises = {(test.test.key, cause.at) for test in found.tests for cause in test.causes if cause.kind is CauseKind.RUN}
    return document([(test, to_sql(at)) for test, at in sorted(rises)]) if rises else ""


@lru_cache(maxsize=64)
def _with_runs(found: Changes, rows: tuple[tuple[str, datetime, str], ...]) -> Changes:
    """The same with the ids of the runs that raised a level."""
    runs = {(test, at): run_id for test, at, run_id in rows}
    tests = [
        replace(
            test,
            causes=[
                replace(cause, by=runs.get((test.test.key, cause.at), "")) if cause.kind is CauseKind.RUN else cause
                for cause in test.causes
            ],
        )
        for test in found.tests
    ]
    return replace(found, tests=tests)


@compiled
def _runs(system: int, wanted: str, *, credit: str, branch: str | None) -> QuerySet[Run, tuple[str, datetime, str]]:
    """The runs of this credit rule and counted branch at the wanted tests and times, those first by name last."""
    rules = Rules(window_days=0, repeat_hours=0, credit=credit, windows={}, counted_branch=branch)
    column = rules.time_column
    own = f"r.system_id = %s AND r.test = l.test AND r.{column} = l.at"
    parts = listed(VENDOR, "l", test="text", at="timestamptz"), matching(VENDOR, "evidence_run", "r", own)
    keys = RawSQL("SELECT r.id FROM " + " ".join(parts), (wanted, system))
    return Run.objects.filter(pk__in=keys).timed(rules).order_by("-run_id").values_list("test", column, "run_id")
