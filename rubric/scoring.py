"""Scores from levels: pure and exact, for one rubric at one moment (contract: category score, final score, adjusted)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm

from rubric.definition import Aggregation, Rubric
from rubric.levels import Level

PERCENT = 100
DECIMALS = 6
MILLION = 10**DECIMALS


@dataclass(frozen=True, slots=True)
class Totals:
    """The final score, each category's points by its key, and the categories that hold the score down.

    `score` is in points, or in percent where the rubric takes the minimum of shares; `categories` are always points.
    """

    score: Fraction
    categories: dict[str, Fraction]
    limiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Layout:
    """A rubric made ready for counting: points in whole units of one `denominator`, indexed by level.

    `categories` holds key, test keys and divisor of each category: its aggregated value is `factor` * units / divisor.
    """

    units: tuple[int, ...]
    denominator: int
    factor: int
    categories: tuple[tuple[str, tuple[str, ...], int], ...]


def totals(rubric: Rubric, levels: Mapping[str, Level]) -> Totals:
    """The totals of a rubric when its tests hold these levels.

    A test without a level holds none; keys that the rubric lacks count nothing.
    """
    layout = _layout(rubric)
    units, level_of = layout.units, levels.get
    categories: dict[str, Fraction] = {}
    values: list[Fraction] = []
    for key, tests, divisor in layout.categories:
        count = sum([units[level_of(test, Level.NONE)] for test in tests])
        categories[key] = _quotient(count, layout.denominator)
        values.append(_quotient(layout.factor * count, divisor))
    score = min(values)
    limiting = tuple(key for key, value in zip(categories, values, strict=True) if value == score)
    return Totals(score=score, categories=categories, limiting=limiting)


def adjusted(rubric: Rubric, levels: Mapping[str, Level], left_out: Collection[str]) -> Fraction | None:
    """The score without the tests left out as not applicable; None when no test remains.

    What remains of a category is scaled to the category's full maximum; a category of which nothing remains is left out.
    """
    shares = {}
    for category in rubric.categories:
        remaining = [test.key for test in category.tests if test.key not in left_out]
        if remaining:
            points = sum(rubric.scale[levels.get(key, Level.NONE)] for key in remaining)
            shares[category.key] = points / (rubric.scale[Level.AUTOMATED] * len(remaining))
    if not shares:
        return None
    if rubric.aggregation is Aggregation.MINIMUM_OF_SHARES:
        return PERCENT * min(shares.values())
    return min(share * rubric.category_maximum(key) for key, share in shares.items())


def unverified(score: Totals, verified: Totals) -> dict[str, Fraction]:
    """By category, the points that rest on claims alone: the score minus the verified score."""
    return {key: points - verified.categories[key] for key, points in score.categories.items()}


def number(value: Fraction) -> float:
    """The number to put out: rounded to six decimals, a tie to the even digit.

    Points have at most six decimals by definition, so sums of points come out as they are.
    """
    exact = value if MILLION % value.denominator == 0 else round(value, DECIMALS)
    return exact.numerator / exact.denominator


@lru_cache(maxsize=64)
def _layout(rubric: Rubric) -> _Layout:
    denominator = lcm(*(points.denominator for points in rubric.scale.values()))
    units = tuple(int(rubric.scale[level] * denominator) for level in Level)
    by_share = rubric.aggregation is Aggregation.MINIMUM_OF_SHARES
    return _Layout(
        units=units,
        denominator=denominator,
        factor=PERCENT if by_share else 1,
        categories=tuple(
            (
                category.key,
                tuple(test.key for test in category.tests),
                units[Level.AUTOMATED] * len(category.tests) if by_share else denominator,
            )
            for category in rubric.categories
        ),
    )


@lru_cache(maxsize=4096)
def _quotient(numerator: int, denominator: int) -> Fraction:
    """A fraction from the few that a rubric's categories can have; making one anew costs most of a count."""
    return Fraction(numerator, denominator)
