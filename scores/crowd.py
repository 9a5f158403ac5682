"""The states of many systems at one instant, as whole numbers: what medians and means over many instants count with. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm

from rubric.definition import Rubric
from rubric.scoring import limiting
from rubric.timeline import Point


class Crowd:
    """Systems by their index, each with a state or none; setting one costs the same whatever their number.

    Points are few different fractions, which sums and comparisons take far longer over than whole numbers: `denominator`
    times each is one.
    """

    def __init__(self, rubric: Rubric, systems: int, points: Iterable[Point]) -> None:
        """Nothing but `points`, all of this rubric, will be set."""
        self._rubric = rubric
        self._keys = [category.key for category in rubric.categories]
        values = {id(value): value for point in points for value in _values(point)}
        self.denominator = lcm(*(value.denominator for value in values.values()))
        self._whole = {key: int(value * self.denominator) for key, value in values.items()}
        self._scores: list[int | None] = [None] * systems
        self._verified: list[int | None] = [None] * systems
        self._categories: list[list[int]] = [[0] * systems for _ in self._keys]
        self._limits: list[tuple[str, ...]] = [()] * systems
        self._limits_by_row: dict[tuple[int, ...], tuple[str, ...]] = {}

    def set(self, index: int, point: Point | None) -> None:
        """From here on the system is in this state; None: it counts no more."""
        whole = self._whole
        self._scores[index] = whole[id(point.score)] if point else None
        self._verified[index] = whole[id(point.verified)] if point else None
        row = tuple([whole[id(point.categories[key])] for key in self._keys]) if point else None
        for column, value in zip(self._categories, row or (0,) * len(self._keys), strict=True):
            column[index] = value
        self._limits[index] = self._limiting(point, row) if point and row else ()

    def _limiting(self, point: Point, row: tuple[int, ...]) -> tuple[str, ...]:
        found = self._limits_by_row.get(row)
        if found is None:
            found = self._limits_by_row[row] = limiting(self._rubric, point.categories)
        return found

    @property
    def scores(self) -> list[int]:
        """The scores of all that count, ascending."""
        return sorted(score for score in self._scores if score is not None)

    @property
    def verified(self) -> list[int]:
        """Their verified scores, ascending."""
        return sorted(score for score in self._verified if score is not None)

    @property
    def categories(self) -> dict[str, int]:
        """The sum of each category."""
        return {key: sum(column) for key, column in zip(self._keys, self._categories, strict=True)}

    @property
    def limiting(self) -> dict[str, int]:
        """How many systems each category limits."""
        counted: Counter[str] = Counter()
        for keys, systems in Counter(self._limits).items():
            for key in keys:
                counted[key] += systems
        return {key: counted[key] for key in self._keys}


def _values(point: Point) -> Sequence[Fraction]:
    return point.score, point.verified, *point.categories.values()
