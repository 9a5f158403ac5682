"""What monitoring watches of each system at one instant: the numbers behind `/metrics/scores`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from assessments.entries import Listed
from rubric.once import Same
from scores.overview import Standing
from scores.score import Score
from scores.standings import standings


@dataclass(frozen=True, slots=True)
class Gauges:
    """One system at an instant. `score` is None where nothing was recorded by then.

    `failing` counts checks, `lapsing` the tests whose verified level falls within LAPSES_SOON. `falls_at` is when some
    verified level falls if nothing arrives, None where none is held.
    """

    system: Listed
    rubric: str
    score: Score | None
    failing: int
    lapsing: int
    falls_at: datetime | None
    review_due: bool

    @property
    def credited(self) -> Fraction:
        """The points of all categories."""
        return Fraction(0) if self.score is None else sum(self.score.score.categories.values(), Fraction(0))

    @property
    def verified_share(self) -> Fraction | None:
        """The share of the credited points that fresh runs prove, 0 to 1; None where nothing is credited."""
        if self.score is None or not self.credited:
            return None
        return sum(self.score.verified.categories.values(), Fraction(0)) / self.credited


def gauges(systems: Sequence[Listed], at: datetime) -> list[Gauges]:
    """Each of these systems as of `at` (aware), in their order, as the organisation's page has them, and in its queries.

    The organisation of models must be loaded.
    """
    return [_gauges(Same(row), row.system.edition_at(at)) for row in standings(systems, at)]


# A row that stays as it is gives the very same gauges.
@lru_cache(maxsize=4096)
def _gauges(same: Same[Standing], rubric: str) -> Gauges:
    row = same.value
    return Gauges(row.system, rubric, row.score, row.failing, row.lapsing, row.falls_at, row.review_due)
