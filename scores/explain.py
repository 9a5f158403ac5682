"""The facts behind one number: why a test of a system holds its level, and which results there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import F, FilteredRelation, Q

from assessments.models import Assessment, System
from evidence.models import Check, Result, ResultQuerySet, Run
from evidence.rules_of import Rules
from rubric.levels import Level
from rubric.timeline import Facts, levels_at
from scores.evidence_of import fold_health, newest_of
from scores.facts import load_facts
from scores.paging import page_of
from scores.reading import LAST, next_falls, test_score
from scores.recounting import FIRST
from scores.runs_of import run_counts
from scores.score import TestScore
from scores.why import neighbours

MOST_RUNS = 50


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the window: its id, its branch ('' for none) and its time; whether retention removed all its results."""

    run_id: str
    branch: str
    time: datetime
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """One test of one system with all that makes its level.

    `assessment` is the one whose claims hold; `answered` whether it says anything of this test, with which justification and
    evidence links. `own_window` says whether `window` is the system's own or the organisation's. `runs` are the newest in
    the window, at most MOST_RUNS. `earlier` and `later` are the nearest instants at which its levels changed or will.
    """

    score: TestScore
    rules: Rules
    window: timedelta
    own_window: bool
    assessment: Assessment | None
    answered: bool
    justification: str
    evidence: tuple[str, ...]
    runs: tuple[RunRow, ...]
    checks: tuple[Check, ...]
    earlier: datetime | None
    later: datetime | None


def explain(system: System, test: str, at: datetime) -> Explanation:
    """Why a test of the rubric in force stands as it does at `at`, in eight queries at most.

    One more where retention was at work. The system's organisation must be loaded. Raises KeyError for a test that the
    rubric in force lacks.
    """
    facts = load_facts([system], FIRST, LAST)[system.pk]
    rubric = facts.rubric_at(at)
    rules = Rules.of(system)
    checks = list(Check.objects.filter(system=system, test=test).order_by("name"))
    newest = [(check.test, check.newest_status, check.newest_observed_at) for check in checks]
    if any(observed_at is not None and observed_at > at for *_, observed_at in newest):
        newest = newest_of(system, at)
    assessment = _claiming(system, test, at)
    earlier, later = neighbours(changes_of(facts, test), at)
    score = test_score(
        rubric,
        levels_at(facts, at),
        test,
        run_counts(system.pk, rules, [test], at),
        next_falls(facts, at),
        fold_health(newest, rules, at),
    )
    return Explanation(
        score=score,
        rules=rules,
        window=rules.freshness(test).window,
        own_window=test in system.windows,
        assessment=assessment,
        answered=assessment is not None and assessment.answer_id is not None,  # type: ignore[attr-defined]
        justification=(assessment.justification or "") if assessment else "",  # type: ignore[attr-defined]
        evidence=tuple(assessment.evidence or ()) if assessment else (),  # type: ignore[attr-defined]
        runs=tuple(_runs_in_window(system, rules, test, at)) if score.runs else (),
        checks=tuple(checks),
        earlier=earlier,
        later=later,
    )


def changes_of(facts: Facts, test: str) -> list[datetime]:
    """Every instant at which what is claimed or verified of this test changes, ascending."""
    own = [span for span in facts.spans if span.test == test]
    instants = {at for span in own for at in (span.starts_at, span.ends_at)}
    instants |= {claims.effective_at for claims in facts.claims}
    alone = replace(facts, spans=own)
    found = []
    before = (Level.NONE, Level.NONE, False)
    for at in sorted(instants):
        levels = levels_at(alone, at)
        state = (
            levels.claimed.get(test, Level.NONE),
            levels.verified.get(test, Level.NONE),
            test in levels.not_applicable,
        )
        if state != before:
            found.append(at)
        before = state
    return found


def _claiming(system: System, test: str, at: datetime) -> Assessment | None:
    """The assessment whose claims hold at `at`, annotated with its answer for this test."""
    finals = Assessment.objects.final().filter(system=system, effective_at__lte=at).defer("claims")
    own = FilteredRelation("answers", condition=Q(answers__test=test))
    answer = {"answer_id": F("own__id"), "justification": F("own__justification"), "evidence": F("own__evidence")}
    return finals.annotate(own=own).annotate(**answer).last()


def _runs_in_window(system: System, rules: Rules, test: str, at: datetime) -> list[RunRow]:
    rows = Run.objects.filter(system=system, test=test).timed(rules)
    column = rules.time_column
    since = at - rules.freshness(test).window
    fresh = rows.filter(**{f"{column}__gt": since, f"{column}__lte": at}).order_by(f"-{column}", "run_id")
    # Rows of one run on several branches may share its time.
    found = list({row.run_id: row for row in fresh[: 2 * MOST_RUNS]}.values())[:MOST_RUNS]
    touched = {row.run_id for row in found if row.removed is not None}
    if touched:
        left = Result.objects.filter(system=system, check_of__test=test, run_id__in=touched)
        touched -= set(left.values_list("run_id", flat=True))
    return [RunRow(row.run_id, row.branch, getattr(row, column), row.run_id in touched) for row in found]


def is_removed(system: System, run_id: str) -> bool:
    """Whether retention removed results of this run of the system."""
    return Run.objects.filter(system=system, run_id=run_id, removed_observed_at__isnull=False).exists()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which results to list; empty texts want all."""

    test: str = ""
    check: str = ""
    run_id: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Results newest first, and where the next page begins ('' on the last one)."""

    results: Sequence[Result]
    following: str


def results_of(system: System, wanted: Wanted) -> ResultQuerySet:
    """The system's results of these kinds, newest first, each with its check; one query finds the checks beforehand.

    Knowing them, the database can begin in the index of their newest results, however many results there are.
    """
    results = Result.objects.filter(system=system)
    of_checks = {"test": wanted.test, "name": wanted.check}
    given = {field: value for field, value in of_checks.items() if value}
    if given:
        checks = Check.objects.filter(system=system, **given)
        results = results.filter(check_of__in=list(checks.values_list("pk", flat=True)))
    own = {field: value for field, value in {"run_id": wanted.run_id, "status": wanted.status}.items() if value}
    return results.filter(**own).select_related("check_of").newest_first()


def result_page(results: ResultQuerySet, cursor: str, size: int) -> ResultPage:
    """The page that begins after `cursor` ('' for the first). Raises ValueError for text that is no cursor."""
    return ResultPage(*page_of(results, "observed_at", cursor, size))
