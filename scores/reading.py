"""The score as a function of recorded facts and a time: what every page, the API, badges and exports call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from django.db.models import Min, Q

from assessments.models import AssessmentStatus, System
from evidence.rules_of import Rules
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.scoring import adjusted, totals
from rubric.timeline import Facts, Levels, Point, levels_at, timeline
from scores.drafts import Draft
from scores.evidence_of import health
from scores.facts import load_facts
from scores.runs_of import RunCount, run_counts
from scores.score import CategoryScore, FullScore, Health, Score, TestScore

LAST = datetime.max.replace(tzinfo=UTC)


def score_of(rubric: Rubric, levels: Levels, at: datetime) -> Score:
    """The three totals that these levels make, as of `at`."""
    score = totals(rubric, levels.credited)
    return Score(
        rubric=rubric,
        at=at,
        score=score,
        claimed=totals(rubric, levels.claimed),
        verified=totals(rubric, levels.verified),
        band=rubric.band(score.score),
    )


def full_score(system: System, at: datetime, draft: Draft | None = None) -> FullScore:
    """The system's score at any instant with all that explains it, in four queries.

    The system's organisation must be loaded. With a `draft` it is the score that finalising it would make:
    its rubric and its claims stand in for those in force.
    """
    facts = load_facts([system], at, LAST, with_claims=draft is None)[system.pk]
    return explained(system, facts, at, draft)


def explained(system: System, facts: Facts, at: datetime, draft: Draft | None = None) -> FullScore:
    """The same from facts that are loaded already: all from `at` on, or more."""
    rubric = facts.rubric_at(at)
    levels = levels_at(facts, at)
    if draft is not None:
        rubric, levels = draft.rubric, draft.beside(levels.verified)
    rules = Rules.of(system)
    counts = run_counts(system.pk, rules, list(rubric.tests), at)
    return explained_by(rubric, levels, at, counts, next_falls(facts, at), health(system, rules, at))


def explained_by(
    rubric: Rubric,
    levels: Levels,
    at: datetime,
    counts: Mapping[str, RunCount],
    falls: Mapping[str, datetime],
    healths: Mapping[str, Health],
) -> FullScore:
    """The score that these levels make as of `at`, with what was read of each test, if anything was."""
    total = score_of(rubric, levels, at)
    return FullScore(
        total=total,
        adjusted=adjusted(rubric, levels.credited, levels.left_out),
        categories=category_scores(total),
        tests=tuple(test_score(rubric, levels, test, counts, falls, healths) for test in rubric.tests),
    )


def next_falls(facts: Facts, at: datetime) -> dict[str, datetime]:
    """By test, the first instant after `at` at which its verified level falls; tests that hold none are left out.

    Every end of a span is a fall, since a span of each level reaches as far as that level does.
    """
    held = {span.test for span in facts.spans if span.starts_at <= at < span.ends_at}
    falls: dict[str, datetime] = {}
    for span in facts.spans:
        if span.test in held and span.ends_at > at:
            falls[span.test] = min(span.ends_at, falls.get(span.test, span.ends_at))
    return falls


def category_scores(total: Score) -> tuple[CategoryScore, ...]:
    """A score's categories, in the rubric's order."""
    return tuple(
        CategoryScore(
            category=category,
            maximum=total.rubric.category_maximum(category.key),
            score=total.score.categories[category.key],
            claimed=total.claimed.categories[category.key],
            verified=total.verified.categories[category.key],
            limits=category.key in total.score.limiting,
        )
        for category in total.rubric.categories
    )


def test_score(
    rubric: Rubric,
    levels: Levels,
    key: str,
    counts: Mapping[str, RunCount],
    falls: Mapping[str, datetime],
    healths: Mapping[str, Health],
) -> TestScore:
    """One test's score from what was read for it; missing entries mean that there is nothing."""
    claimed = levels.claimed.get(key, Level.NONE)
    verified = levels.verified.get(key, Level.NONE)
    count = counts.get(key, RunCount())
    return TestScore(
        test=rubric.tests[key],
        level=max(claimed, verified),
        claimed=claimed,
        verified=verified,
        not_applicable=key in levels.not_applicable,
        runs=count.runs,
        last_run_at=count.last_run_at,
        fresh_until=falls.get(key),
        health=healths.get(key, Health.NONE),
    )


def first_fact_at(system: System) -> datetime | None:
    """When the oldest fact of a system happened: a result's or a final assessment's; None without any. One query."""
    final = Q(assessments__status=AssessmentStatus.FINAL)
    first = System.objects.filter(pk=system.pk).aggregate(
        run=Min("first_run_at"), claims=Min("assessments__effective_at", filter=final)
    )
    return min((at for at in first.values() if at is not None), default=None)


def history(system: System, start: datetime, end: datetime) -> list[Point]:
    """The step function of the system's score over [start, end], in two queries."""
    return timeline(load_facts([system], start, end)[system.pk], start, end)
