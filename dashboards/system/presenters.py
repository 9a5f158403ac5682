"""What a system's page says, from what was read: plain values for its template. No queries, no clock, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from dashboards import phrases
from dashboards.figures import system_trend
from dashboards.figures.chart import Chart
from dashboards.moments import AsOf
from dashboards.phrases import Phrase
from dashboards.system import parts
from dashboards.system.reading import SystemFacts
from dashboards.system.timeline_presenters import known_lines
from evidence.rules_of import Rules
from rubric.definition import Aggregation, Band, Effort, Rubric
from rubric.levels import Level
from rubric.once import Once, once
from scores.gate import target_condition
from scores.plan import efforts_of
from scores.score import Alike, CategoryScore, FullScore, TestScore
from scores.steps import Gap, next_band, next_steps, unproved

SHOWN_STEPS = 3
SHOWN_EVENTS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Hero:
    """The leading number and what stands around it. `out_of` is what follows it: `of 7`, or `%` for shares.

    `verified` is empty where no result was reported. It equals itself alone.
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
    """A row of the grid: the test's score, and how long its evidence holds."""

    __test__ = False

    score: TestScore
    fresh: Phrase


class Group(NamedTuple):
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
class Scored:
    """All that the page shows of a system with a score."""

    rubric: Rubric
    hero: parts.Hero
    trend: Chart
    tests: parts.Tests
    steps: parts.Steps
    gate: parts.Gate
    happened: parts.Happened


def present(facts: SystemFacts, moment: AsOf, *, may_assess: bool) -> Scored | None:
    """The page's values; None for a system of which nothing was recorded."""
    full = facts.full
    if full is None:
        return None
    rubric, system = full.total.rubric, facts.system
    own = system.organisation.slug, system.slug
    alike, rules = Alike(full), Rules.of(system)
    by_then = [mark for mark in facts.marks if mark.at <= facts.at]
    return Scored(
        rubric=rubric,
        hero=parts.Hero(
            *own,
            query=moment.query,
            rubric=rubric,
            hero=_hero(alike, facts.has_results),
            categories=once(full.categories),
            assessed=parts.assessed(facts.assessment),
            past=moment.past,
        ),
        trend=system_trend(
            rubric,
            facts.points,
            facts.marks,
            facts.until,
            at=facts.at if facts.at != facts.now else None,
            reported=facts.reported,
        ),
        tests=parts.Tests(moment.query, rubric, _groups(alike, _fresh(full, facts.at, rules))),
        steps=_steps(facts, full, moment, own, rules),
        gate=_gate(facts, full, own, may_assess),
        happened=parts.Happened(*own, may_assess, known_lines(by_then[: -SHOWN_EVENTS - 1 : -1], facts.points)),
    )


@lru_cache(maxsize=256)
def _hero(alike: Alike, has_results: bool) -> Hero:
    return hero(alike.full, has_results)


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


def _fresh(full: FullScore, at: datetime, rules: Rules) -> tuple[Phrase, ...]:
    return tuple([phrases.freshness(test, at, rules.freshness(test.test.key).window) for test in full.tests])


@lru_cache(maxsize=256)
def _groups(alike: Alike, fresh: tuple[Phrase, ...]) -> Once[Group]:
    by_category: dict[str, list[TestRow]] = {row.category.key: [] for row in alike.full.categories}
    for test, phrase in zip(alike.full.tests, fresh, strict=True):
        by_category[test.test.category].append(TestRow(test, phrase))
    return Once(Group(row, by_category[row.category.key]) for row in alike.full.categories)


def _steps(facts: SystemFacts, full: FullScore, moment: AsOf, own: tuple[str, str], rules: Rules) -> parts.Steps:
    """The next steps in words, and the tests that need a run."""
    efforts = tuple(efforts_of(facts.system).items())
    target = facts.system.target_score
    goal, gaps = _way(Alike(full), None if target is None else Fraction(target), efforts)
    proofs = tuple([_proof(test, facts, rules) for test in unproved(full.tests, facts.at)])
    return parts.Steps(*own, moment.query, goal, gaps, proofs)


@lru_cache(maxsize=256)
def _way(alike: Alike, target: Fraction | None, efforts: tuple[tuple[str, Effort], ...]) -> tuple[str, Once[GapLine]]:
    """The score to reach in words, empty where nothing is left to do, and what lacks."""
    rubric = alike.full.total.rubric
    advice = next_steps(alike.full, target, dict(efforts))
    goal = "" if advice.goal is None else phrases.score(advice.goal, rubric)
    return goal, Once(_gap(rubric, gap) for gap in advice.gaps)


def _gate(facts: SystemFacts, full: FullScore, own: tuple[str, str], may_assess: bool) -> parts.Gate:
    policy = target_condition(facts.system, full.total.score.score)
    if policy is None:
        return parts.Gate(*own, None, may_assess)
    unit = " %" if full.total.rubric.aggregation is Aggregation.MINIMUM_OF_SHARES else ""
    actual, required = (figure + unit for figure in policy.figures)
    return parts.Gate(*own, parts.Policy(policy.name, policy.passed, actual, required), may_assess)


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
