"""What to do next: the plan for a system's target or the next band, and which claims evidence no longer carries. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import reduce
from math import gcd, lcm

from rubric.definition import Aggregation, Band, Effort, Rubric
from rubric.planning import Plan, Step, plan
from rubric.scoring import PERCENT
from scores.score import CategoryScore, FullScore, TestScore

LAPSES_SOON = timedelta(days=7)
"""Evidence that falls within this time needs a run soon."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A category below the goal: how many points it lacks, and the plan's steps in it, in their order."""

    row: CategoryScore
    missing: Fraction
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class NextSteps:
    """The way to `goal`, in points, or percent for shares; None where nothing is left to reach."""

    goal: Fraction | None
    gaps: tuple[Gap, ...]


def next_steps(full: FullScore, target: Fraction | None, efforts: Mapping[str, Effort]) -> NextSteps:
    """What to do next for a system with this target that stands like this; `efforts` replaces the rubric's, by test."""
    goal = next_goal(full.total.rubric, full.total.score.score, target)
    return NextSteps(goal, () if goal is None else _gaps(full, _plan(full, goal, efforts)))


def next_goal(rubric: Rubric, score: Fraction, target: Fraction | None) -> Fraction | None:
    """The score to reach next: the system's target where it lies ahead, else the next band. None at the top.

    A target of another edition may lie beyond this one's maximum, which is to be reached then.
    """
    if target is not None and score < min(target, rubric.maximum):
        return min(target, rubric.maximum)
    return goal_of(rubric, score, next_band(rubric, score))


def _plan(full: FullScore, goal: Fraction, efforts: Mapping[str, Effort]) -> Plan:
    levels = {test.test.key: test.level for test in full.tests}
    left_out = [test.test.key for test in full.tests if test.not_applicable and not test.verified]
    return plan(full.total.rubric, levels, goal, efforts=efforts, not_applicable=left_out)


def unproved(tests: Sequence[TestScore], at: datetime) -> tuple[TestScore, ...]:
    """The tests that need a run: lapsed below what is claimed first, then those whose evidence falls soon, by when."""
    lapsed = [test for test in tests if test.evidence_says_less and test.fresh_until is None]
    soon = [test for test in tests if test.fresh_until is not None and test.fresh_until - at <= LAPSES_SOON]
    return (*lapsed, *sorted(soon, key=lambda test: test.fresh_until or at))


def next_band(rubric: Rubric, score: Fraction) -> Band | None:
    """The band above the one that a score lies in; None at the top, and where there are no bands."""
    current = rubric.band(score)
    above = [] if current is None else rubric.bands[rubric.bands.index(current) + 1 :]
    return above[0] if above else None


def goal_of(rubric: Rubric, score: Fraction, band: Band | None) -> Fraction | None:
    """The lowest reachable score in the band; without bands the next reachable one. None when nothing is left to reach."""
    if score >= rubric.maximum:
        return None
    if rubric.aggregation is Aggregation.MINIMUM_OF_SHARES:
        return _next_share(rubric, score)
    step = unit(rubric)
    if band is None:
        return rubric.maximum if rubric.bands else min(rubric.maximum, score + step)
    steps = band.edge / step
    count = -(-steps.numerator // steps.denominator)
    goal = count * step
    return min(rubric.maximum, goal if band.inclusive or goal > band.edge else goal + step)


def _next_share(rubric: Rubric, score: Fraction) -> Fraction:
    """The lowest share above `score` that any category can reach, in percent."""
    step = unit(rubric)
    shares = []
    for category in rubric.categories:
        maximum = rubric.category_maximum(category.key)
        steps = score * maximum / PERCENT / step
        shares.append(min(Fraction(PERCENT), (steps.numerator // steps.denominator + 1) * step / maximum * PERCENT))
    return min(shares)


def unit(rubric: Rubric) -> Fraction:
    """The smallest number of points by which a category can change."""
    points = [value for value in rubric.scale.values() if value]
    denominator = reduce(lcm, (value.denominator for value in points))
    return Fraction(reduce(gcd, (int(value * denominator) for value in points)), denominator)


def _gaps(full: FullScore, made: Plan) -> tuple[Gap, ...]:
    shares = full.total.rubric.aggregation is Aggregation.MINIMUM_OF_SHARES
    found = []
    for row in full.categories:
        wanted = made.target * row.maximum / PERCENT if shares else made.target
        if wanted > row.score:
            steps = tuple(step for step in made.steps if step.test.category == row.category.key)
            found.append(Gap(row, wanted - row.score, steps))
    return tuple(found)
