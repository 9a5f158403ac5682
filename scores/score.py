"""What a score is, as pages, API, badge and exports read it: plain values, computed once by `scores.reading`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from rubric.definition import Band, Category, Rubric, Test
from rubric.levels import Level
from rubric.scoring import Totals
from rubric.timeline import Point


class Health(StrEnum):
    """What the newest results of a test's checks say; it never changes a score."""

    FAILING = "failing"
    PASSING = "passing"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TestScore:
    """One test of one system at an instant.

    `runs` counts the runs in the freshness window, `last_run_at` is the newest at or before the instant, `fresh_until`
    the first instant at which the verified level falls. Instants are aware, in UTC.
    """

    __test__ = False

    test: Test
    level: Level
    claimed: Level
    verified: Level
    not_applicable: bool
    runs: int
    last_run_at: datetime | None
    fresh_until: datetime | None
    health: Health

    @property
    def evidence_says_less(self) -> bool:
        return self.verified < self.claimed and self.last_run_at is not None

    @property
    def evidence_says_more(self) -> bool:
        return self.verified > self.claimed


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """One category of one system at an instant, in points."""

    category: Category
    maximum: Fraction
    score: Fraction
    claimed: Fraction
    verified: Fraction
    limits: bool

    @property
    def unverified(self) -> Fraction:
        """The points that rest on the team's word alone."""
        return self.score - self.verified


@dataclass(frozen=True, slots=True)
class Score:
    """The three totals of one system at an instant: the score, from claims alone, from evidence alone."""

    rubric: Rubric
    at: datetime
    score: Totals
    claimed: Totals
    verified: Totals
    band: Band | None

    @property
    def point(self) -> Point:
        """The same as a step of the system's history."""
        return Point(
            at=self.at,
            rubric=self.rubric.key,
            score=self.score.score,
            claimed=self.claimed.score,
            verified=self.verified.score,
            categories=self.score.categories,
        )


@dataclass(frozen=True, slots=True)
class FullScore:
    """A score with all that explains it. `adjusted` leaves out what is claimed not applicable; None if nothing is left."""

    total: Score
    adjusted: Fraction | None
    categories: tuple[CategoryScore, ...]
    tests: tuple[TestScore, ...]


class Alike:
    """A score as the key of what is made of it: equal to another of the very same tests, whatever their instants.

    Such scores differ in nothing else, as tests are made together with all that is counted of them.
    """

    __slots__ = ("full",)

    def __init__(self, full: FullScore) -> None:
        self.full = full

    def __hash__(self) -> int:
        return id(self.full.tests)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alike) and other.full.tests is self.full.tests
