"""What a rubric is: plain frozen data, read from TOML by `rubric.loader` and never changed once published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from rubric.levels import Level


class Aggregation(StrEnum):
    """How category scores become the final score."""

    MINIMUM_OF_SUMS = "minimum-of-sums"
    MINIMUM_OF_SHARES = "minimum-of-shares"


class Effort(StrEnum):
    """The usual work of raising a test by one level."""

    SMALL = "S"
    MEDIUM = "M"
    LARGE = "L"

    @property
    def word(self) -> str:
        """`small`, `medium` or `large`, as pages say it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Test:
    """One test of a rubric with the guidance that people work from. Prose fields are plain text."""

    __test__ = False  # pytest would otherwise collect the class

    key: str
    title: str
    category: str
    effort: Effort
    leans_on: tuple[str, ...]
    asks: str
    why: str
    by_hand: str
    automate: str
    evidence: tuple[str, ...]
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """A category and its tests, in the rubric's order."""

    key: str
    title: str
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """A range of final scores: from `edge` on when `inclusive`, else above it, up to the next band."""

    key: str
    label: str
    meaning: str
    edge: Fraction
    inclusive: bool


@dataclass(frozen=True)
class Rubric:
    """One published edition of a rubric.

    `scale` gives the points of each level. `starting_order` lists test keys to begin with when time is short.
    """

    key: str
    title: str
    summary: str
    source: str
    scale: Mapping[Level, Fraction]
    aggregation: Aggregation
    categories: tuple[Category, ...]
    bands: tuple[Band, ...]
    starting_order: tuple[str, ...]
    notes: tuple[str, ...]

    def __hash__(self) -> int:
        """Rubrics hash by their key, so that what is derived from one can be cached by it."""
        return hash(self.key)

    @cached_property
    def tests(self) -> dict[str, Test]:
        """Every test by its key, in the rubric's order."""
        return {test.key: test for category in self.categories for test in category.tests}

    @cached_property
    def category_by_key(self) -> dict[str, Category]:
        """Every category by its key, in the rubric's order."""
        return {category.key: category for category in self.categories}

    def category_maximum(self, category_key: str) -> Fraction:
        """The points of a category whose tests are all automated."""
        return self.scale[Level.AUTOMATED] * len(self.category_by_key[category_key].tests)

    @cached_property
    def maximum(self) -> Fraction:
        """The highest final score: points, or 100 where scores are percentages."""
        if self.aggregation is Aggregation.MINIMUM_OF_SHARES:
            return Fraction(100)
        return min(self.category_maximum(category.key) for category in self.categories)

    def band(self, score: Fraction) -> Band | None:
        """The band that a final score lies in; None where the rubric has no bands."""
        reached = [band for band in self.bands if score > band.edge or (band.inclusive and score == band.edge)]
        return reached[-1] if reached else None
