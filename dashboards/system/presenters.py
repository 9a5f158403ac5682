"""What a system's page says, from what was read: plain values for its template. No queries, no clock, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from dashboards import phrases
from dashboards.figures import system_trend
from dashboards.figures.chart import Chart
from dashboards.system.reading import SystemFacts
from dashboards.system.timeline_presenters import Line, lines
from evidence.rules_of import Rules
from rubric.definition import Aggregation, Band, Rubric
from rubric.levels import Level
from scores.gate import Condition, target_condition
from scores.plan import efforts_of
from scores.score import CategoryScore, FullScore, TestScore
from scores.steps import Gap, NextSteps, next_band, next_steps

SHOWN_STEPS = 3
SHOWN_EVENTS = 8


@dataclass(frozen=True, slots=True)
class Hero:
    """The leading number and what stands around it. `out_of` is what follows it: `of 7`, or `%` for shares.

    `verified` is empty where no result was reported.
    """

    number: str
    out_of: str
    band: Band | None
    limiting: Sequence[CategoryScore]
    holds_back: str
    next_band: str
    claimed: str
    verified: str
    unverified: str
    credited: str
    adjusted: str
    left_out: int


@dataclass(frozen=True, slots=True)
class TestRow:
    """A row of the grid: the test's score and its freshness window."""

    __test__ = False

    score: TestScore
    window: timedelta


@dataclass(frozen=True, slots=True)
class Group:
    """The tests of one category under its points."""

    row: CategoryScore
    tests: Sequence[TestRow]


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step with what it earns (`+½`) and what to do, in words."""

    key: str
    title: str
    gain: str
    advice: str


@dataclass(frozen=True, slots=True)
class GapLine:
    """A category that keeps the score from its goal: what it lacks, in words, and the plan's first steps in it.

    `more` counts those that are not shown.
    """

    key: str
    title: str
    lacks: str
    steps: Sequence[StepLine]
    more: int


@dataclass(frozen=True, slots=True)
class ProofLine:
    """A test that needs a run: its glyph (lapsed or lapsing), and since or until when."""

    key: str
    title: str
    glyph: str
    says: str


@dataclass(frozen=True, slots=True)
class Steps:
    """The rail's advice. `goal` is the score to reach in words, empty where nothing is left to do."""

    goal: str
    gaps: Sequence[GapLine]
    proofs: Sequence[ProofLine]


@dataclass(frozen=True, slots=True)
class Scored:
    """All that the page shows of a system with a score. `policy` is what its target asks; None without a target."""

    rubric: Rubric
    hero: Hero
    categories: Sequence[CategoryScore]
    trend: Chart
    groups: Sequence[Group]
    steps: Steps
    failing: int
    happened: Sequence[Line]
    policy: Condition | None


def present(facts: SystemFacts) -> Scored | None:
    """The page's values; None for a system of which nothing was recorded."""
    full = facts.full
    if full is None:
        return None
    rubric = full.total.rubric
    rules = Rules.of(facts.system)
    by_then = [mark for mark in facts.marks if mark.at <= facts.at]
    return Scored(
        rubric=rubric,
        hero=hero(full, facts.has_results),
        categories=full.categories,
        trend=system_trend(
            rubric,
            facts.points,
            facts.marks,
            facts.until,
            at=facts.at if facts.at != facts.now else None,
            reported=facts.reported,
        ),
        groups=_groups(full, rules),
        steps=steps(rubric, next_steps(full, facts.at, efforts_of(facts.system)), facts, rules),
        failing=sum(test.health == "failing" for test in full.tests),
        happened=lines(list(reversed(by_then))[:SHOWN_EVENTS], facts.points),
        policy=target_condition(facts.system, full.total.score.score),
    )


def hero(full: FullScore, has_results: bool) -> Hero:
    """The score with its band, its limit and its proof; without any result nothing is verified, not even 0."""
    rubric, score = full.total.rubric, full.total.score.score
    shares = rubric.aggregation is Aggregation.MINIMUM_OF_SHARES
    limiting = [row for row in full.categories if row.limits]
    left_out = sum(test.not_applicable and test.verified is Level.NONE for test in full.tests)
    return Hero(
        number=phrases.percent(score).removesuffix(" %") if shares else phrases.points(score),
        out_of="%" if shares else f"of {float(rubric.maximum):g}",
        band=full.total.band,
        limiting=limiting,
        holds_back=_holds_back(rubric, full, len(limiting)),
        next_band=_next_band(rubric, score),
        claimed=phrases.score(full.total.claimed.score, rubric),
        verified=phrases.score(full.total.verified.score, rubric) if has_results else "",
        unverified=phrases.points(sum((row.unverified for row in full.categories), Fraction(0))),
        credited=phrases.points(sum((row.score for row in full.categories), Fraction(0))),
        adjusted="" if full.adjusted is None or not left_out else phrases.score(full.adjusted, rubric),
        left_out=left_out,
    )


def _holds_back(rubric: Rubric, full: FullScore, limiting: int) -> str:
    """What follows the names of the limiting categories, as the end of a sentence."""
    score = full.total.score.score
    if score == rubric.maximum:
        return "Every test of every category is automated."
    verb = "holds" if limiting == 1 else "hold"
    return f"{verb} the score back: {phrases.score(score, rubric)}."


def _next_band(rubric: Rubric, score: Fraction) -> str:
    band = next_band(rubric, score)
    if band is None:
        return ""
    edge = phrases.score(band.edge, rubric).removesuffix(".0")
    return f"The next band, {band.label}, begins {'at' if band.inclusive else 'above'} {edge}."


def _groups(full: FullScore, rules: Rules) -> list[Group]:
    by_category: dict[str, list[TestRow]] = {row.category.key: [] for row in full.categories}
    for test in full.tests:
        by_category[test.test.category].append(TestRow(test, rules.freshness(test.test.key).window))
    return [Group(row, by_category[row.category.key]) for row in full.categories]


def steps(rubric: Rubric, advice: NextSteps, facts: SystemFacts, rules: Rules) -> Steps:
    """The next steps in words."""
    return Steps(
        goal="" if advice.goal is None else phrases.score(advice.goal, rubric),
        gaps=[_gap(rubric, gap) for gap in advice.gaps],
        proofs=[_proof(test, facts, rules) for test in advice.unproved],
    )


def _gap(rubric: Rubric, gap: Gap) -> GapLine:
    unit = "point" if gap.missing == 1 else "points"
    shown = [
        StepLine(
            key=step.test.key,
            title=step.test.title,
            gain=f"+{phrases.fraction(step.points)}",
            advice=_advice(rubric, step.test.key, step.level),
        )
        for step in gap.steps[:SHOWN_STEPS]
    ]
    category = gap.row.category
    return GapLine(
        category.key,
        category.title,
        f"{phrases.points(gap.missing)} {unit} missing",
        shown,
        len(gap.steps) - len(shown),
    )


def _advice(rubric: Rubric, key: str, level: Level) -> str:
    what = (
        "Run it once by hand and write down the result."
        if level is Level.MANUAL
        else "Have a pipeline run it repeatedly, and post its results."
    )
    return f"{what} A good place to start." if key in rubric.starting_order else what


def _proof(test: TestScore, facts: SystemFacts, rules: Rules) -> ProofLine:
    phrase = phrases.freshness(test, facts.at, rules.freshness(test.test.key).window)
    says = phrase.text[:1].upper() + phrase.text[1:]
    claim = f" Claimed {test.claimed.key}." if test.evidence_says_less else ""
    return ProofLine(test.test.key, test.test.title, phrase.glyph or "i-soon", f"{says}.{claim}")
