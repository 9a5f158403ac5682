"""Scores from levels: pure and exact, for one rubric at one moment (contract, section 2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm

from rubric.definition import Aggregation, Rubric
from rubric.levels import Level

NONE = Level.NONE  # A name of the module is found much faster than a member of an enumeration.
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
    """A rubric made ready for counting in whole numbers.

    `units` are the points of each level times `denominator`. `categories` holds key, test keys and weight of each
    category: units times weight is the aggregated value times `whole`, and so comparable between categories. `places`
    are the position and the weight of each test's category.
    """

    units: tuple[int, ...]
    denominator: int
    whole: int
    categories: tuple[tuple[str, tuple[str, ...], int], ...]
    places: Mapping[str, tuple[int, int]]


def totals(rubric: Rubric, levels: Mapping[str, Level]) -> Totals:
    """The totals of a rubric when its tests hold these levels.

    A test without a level holds none; keys that the rubric lacks count nothing.
    """
    layout = _layout(rubric)
    units, level_of = layout.units, levels.get
    categories: dict[str, Fraction] = {}
    values: dict[str, int] = {}
    for key, tests, weight in layout.categories:
        count = sum([units[level_of(test, NONE)] for test in tests])
        categories[key] = _quotient(count, layout.denominator)
        values[key] = count * weight
    lowest = min(values.values())
    return Totals(
        score=_quotient(lowest, layout.whole),
        categories=categories,
        limiting=tuple([key for key, value in values.items() if value == lowest]),
    )


class Tally:
    """The totals of a rubric while its tests' levels change one by one: what a sweep through time counts with."""

    __slots__ = ("_layout", "_levels", "_values")

    def __init__(self, rubric: Rubric, levels: Mapping[str, Level]) -> None:
        """Start from these levels, as `totals` takes them."""
        self._layout = _layout(rubric)
        self._levels = dict(levels)
        units, level_of = self._layout.units, self._levels.get
        self._values = [
            sum([units[level_of(test, NONE)] for test in tests]) * weight
            for _, tests, weight in self._layout.categories
        ]

    def change(self, test: str, level: Level) -> None:
        """From here on the test holds this level; a test that the rubric lacks changes nothing."""
        before = self._levels.get(test, NONE)
        if level is before:
            return
        self._levels[test] = level
        layout = self._layout
        place = layout.places.get(test)
        if place is not None:
            index, weight = place
            self._values[index] += (layout.units[level] - layout.units[before]) * weight

    @property
    def values(self) -> tuple[int, ...]:
        """The categories' aggregated values as whole numbers: equal exactly where their points are."""
        return tuple(self._values)

    @property
    def lowest(self) -> int:
        """The final score as a whole number: equal exactly where the scores are."""
        return min(self._values)

    @property
    def score(self) -> Fraction:
        """The final score, as `totals` gives it."""
        return _quotient(min(self._values), self._layout.whole)

    @property
    def categories(self) -> dict[str, Fraction]:
        """The points of each category, as `totals` gives them."""
        denominator = self._layout.denominator
        return {
            key: _quotient(value // weight, denominator)
            for (key, _, weight), value in zip(self._layout.categories, self._values, strict=True)
        }


@dataclass(frozen=True, slots=True)
class Units:
    """What the totals of a rubric are whole numbers of: final scores of 1 / `score`, points of 1 / `points`."""

    score: int
    points: int


def units_of(rubric: Rubric) -> Units:
    """The units that every total of a rubric is a multiple of."""
    layout = _layout(rubric)
    return Units(layout.whole, layout.denominator)


def in_units(value: Fraction, parts: int) -> int:
    """A value as a whole number of 1 / `parts`, which it must be."""
    return value.numerator * (parts // value.denominator)


def limiting(rubric: Rubric, categories: Mapping[str, Fraction]) -> tuple[str, ...]:
    """The categories that hold the score down, from the points of all of them."""
    layout = _layout(rubric)
    points = [categories[key] for key, _, _ in layout.categories]
    values = {
        key: value.numerator * (layout.denominator // value.denominator) * weight
        for (key, _, weight), value in zip(layout.categories, points, strict=True)
    }
    lowest = min(values.values())
    return tuple([key for key, value in values.items() if value == lowest])


def adjusted(rubric: Rubric, levels: Mapping[str, Level], left_out: Collection[str]) -> Fraction | None:
    """The score without the tests left out as not applicable; None when no test remains.

    What remains of a category is scaled to its full maximum; a category of which nothing remains is left out.
    """
    shares = {}
    for category in rubric.categories:
        remaining = [test.key for test in category.tests if test.key not in left_out]
        if remaining:
            points = sum(rubric.scale[levels.get(key, NONE)] for key in remaining)
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
    if rubric.aggregation is Aggregation.MINIMUM_OF_SHARES:
        maxima = [units[Level.AUTOMATED] * len(category.tests) for category in rubric.categories]
        whole = lcm(*maxima)
        weights = [PERCENT * whole // maximum for maximum in maxima]
    else:
        whole = denominator
        weights = [1] * len(rubric.categories)
    categories = tuple(
        (category.key, tuple(test.key for test in category.tests), weight)
        for category, weight in zip(rubric.categories, weights, strict=True)
    )
    places = {test: (index, weight) for index, (_, tests, weight) in enumerate(categories) for test in tests}
    return _Layout(units=units, denominator=denominator, whole=whole, categories=categories, places=places)


@lru_cache(maxsize=4096)
def _quotient(numerator: int, denominator: int) -> Fraction:
    """A fraction from the few that a rubric's categories can have; making one anew costs most of a count."""
    return Fraction(numerator, denominator)
