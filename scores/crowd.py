"""How many systems stand where at an instant, in whole numbers: what medians and means over time count with. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from rubric.definition import Rubric
from rubric.scoring import in_units, limiting, units_of
from rubric.timeline import Point
from scores.stands import Stand


@dataclass(frozen=True, slots=True)
class Face:
    """What totals count of a state, in the rubric's units: `points` by category, `limits` a bit for each that limits."""

    score: int
    verified: int
    points: tuple[int, ...]
    limits: int

    @classmethod
    def of(cls, rubric: Rubric, point: Point) -> Face:
        """The face of a state that is counted by this rubric."""
        units, keys = units_of(rubric), [category.key for category in rubric.categories]
        lowest = limiting(rubric, point.categories)
        return cls(
            in_units(point.score, units.score),
            in_units(point.verified, units.score),
            tuple([in_units(point.categories[key], units.points) for key in keys]),
            sum([1 << place for place, key in enumerate(keys) if key in lowest]),
        )


class Crowd:
    """Counts by score, by verified score and by the categories that limit, and the sum of each category's points.

    Points are few different fractions, which sums and comparisons take far longer over than whole numbers.
    """

    def __init__(self, rubric: Rubric) -> None:
        self._units = units_of(rubric)
        self._keys = [category.key for category in rubric.categories]
        self._points = [0] * len(self._keys)
        self._counts: dict[str, Counter[int]] = {kind: Counter() for kind in ("score", "verified", "limits")}

    @classmethod
    def of(cls, rubric: Rubric, faces: Sequence[Face] | Sequence[Stand]) -> Crowd:
        """All that look like these."""
        crowd = cls(rubric)
        crowd._counts["score"].update([face.score for face in faces])
        crowd._counts["verified"].update([face.verified for face in faces])
        crowd._counts["limits"].update([face.limits for face in faces])
        crowd._points = totals([face.points for face in faces], len(crowd._keys))
        return crowd

    def add(self, face: Face, count: int = 1) -> None:
        """So many more systems stand like this; fewer where `count` is negative."""
        self.count("score", face.score, count)
        self.count("verified", face.verified, count)
        self.count("limits", face.limits, count)
        self.earn([count * points for points in face.points])

    def count(self, kind: str, number: int, count: int) -> None:
        """So many more systems have this number: of a `score`, a `verified` score or of `limits`."""
        self._counts[kind][number] += count

    def earn(self, points: Iterable[int]) -> None:
        """The categories' sums are higher by these."""
        for place, earned in enumerate(points):
            self._points[place] += earned

    @property
    def systems(self) -> int:
        return self._counts["score"].total()

    @property
    def credited(self) -> int:
        """The points of all categories of all systems, in the rubric's units."""
        return sum(self._points)

    @property
    def mean(self) -> Fraction:
        """The mean score, of at least one system."""
        earned = sum(score * count for score, count in self._counts["score"].items())
        return _quotient(earned, self.systems * self._units.score)

    @property
    def categories(self) -> dict[str, Fraction]:
        """The mean of each category, over at least one system."""
        parts = self.systems * self._units.points
        return {key: _quotient(points, parts) for key, points in zip(self._keys, self._points, strict=True)}

    @property
    def limiting(self) -> dict[str, int]:
        """How many systems each category limits."""
        counts = self._counts["limits"]
        return {
            key: sum([count for limits, count in counts.items() if limits >> place & 1])
            for place, key in enumerate(self._keys)
        }

    def quantiles(self, kind: str, *shares: Fraction) -> list[Fraction]:
        """The scores, or verified scores, at these shares (0 to 1) of at least one system, as `scores.trends.quantile`."""
        counts = self._counts[kind]
        ascending = sorted(number for number, count in counts.items() if count)
        found = []
        for share in shares:
            parts = share.denominator
            index, beyond = divmod(share.numerator * (self.systems - 1), parts)
            value, following = _neighbours(ascending, counts, index)
            found.append(_quotient(value * parts + beyond * (following - value), parts * self._units.score))
        return found


@lru_cache(maxsize=4096)
def _quotient(numerator: int, denominator: int) -> Fraction:
    """Few different ones occur, and making one takes longer than all the rest."""
    return Fraction(numerator, denominator)


def _neighbours(ascending: Iterable[int], counts: Mapping[int, int], index: int) -> tuple[int, int]:
    """The value at a place of all in order, and the one after it, or the last one again."""
    passed, found = 0, None
    value = 0
    for value in ascending:
        passed += counts[value]
        if found is None and passed > index:
            found = value
        if found is not None and passed > index + 1:
            return found, value
    return (value if found is None else found), value


def totals(points: Sequence[Sequence[int]], categories: int) -> list[int]:
    """The sum of each category's points."""
    return [sum([each[place] for each in points]) for place in range(categories)]


def quantiles(ascending: Sequence[int], parts: int, *shares: Fraction) -> list[Fraction]:
    """Of at least one ascending number of 1 / `parts`, the values at these shares, interpolated linearly."""
    found = []
    for share in shares:
        index, rest = divmod(share.numerator * (len(ascending) - 1), share.denominator)
        value, following = ascending[index], ascending[min(index + 1, len(ascending) - 1)]
        found.append(Fraction(value * share.denominator + rest * (following - value), share.denominator * parts))
    return found
