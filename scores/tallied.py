"""What pages of many systems count of one state: levels and score, and numbers that follow from them, each counted once."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from rubric.levels import Level
from rubric.scoring import in_units, units_of
from rubric.states import digit_of
from rubric.timeline import Levels
from scores.crowd import Face
from scores.score import Score
from scores.stands import Stand


class Tallied:
    """A state's levels with the score that they make. Two are never compared: kept states share one where they are alike."""

    def __init__(self, levels: Levels, score: Score) -> None:
        self.levels = levels
        self.score = score

    def score_at(self, at: datetime) -> Score:
        """The same score as of an instant."""
        score = self.score
        return Score(score.rubric, at, score.score, score.claimed, score.verified, score.band)

    @cached_property
    def face(self) -> Face:
        return Face.of(self.score.rubric, self.score.point)

    @cached_property
    def cells(self) -> tuple[tuple[Level, Level], ...]:
        """What is claimed and what is verified of each test of the rubric, in its order."""
        claimed, verified = self.levels.claimed, self.levels.verified
        return tuple(
            [(claimed.get(test, Level.NONE), verified.get(test, Level.NONE)) for test in self.score.rubric.tests]
        )

    @cached_property
    def stand(self) -> Stand:
        """The same in digits and whole numbers."""
        rubric, face, left_out = self.score.rubric, self.face, self.levels.not_applicable
        digits = [
            digit_of(*cell, not_applicable=test in left_out)
            for test, cell in zip(rubric.tests, self.cells, strict=True)
        ]
        return Stand(rubric.key, (rubric.key,), "".join(digits), face.score, face.verified, face.points, face.limits)

    @cached_property
    def held(self) -> int:
        """How many tests hold credit."""
        return sum([max(cell) > Level.NONE for cell in self.cells])

    @cached_property
    def credited(self) -> int:
        """The points of all categories, in the rubric's units."""
        return sum(self.face.points)

    @cached_property
    def proved(self) -> int:
        """Those that evidence alone proves."""
        parts = units_of(self.score.rubric).points
        return sum([in_units(points, parts) for points in self.score.verified.categories.values()])

    @cached_property
    def band_is_proved(self) -> bool:
        """Whether evidence alone reaches the band that the score lies in."""
        return self.score.rubric.band(self.score.verified.score) == self.score.band
