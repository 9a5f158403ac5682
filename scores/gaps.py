"""What an organisation's systems lack in common: test by test, how many hold credit, by claim and by proof. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from rubric.definition import Rubric, Test
from rubric.levels import Level
from rubric.loader import builtin
from rubric.once import Once, once
from rubric.states import NOTHING, is_left_out
from scores.crowd import Crowd
from scores.snapshots import Snapshot
from scores.stands import CELLS, Stand, alike, columns, tests_of


class Holding(StrEnum):
    """How a system may stand to a test; a system can stand in several of these ways.

    WOULD_RISE: automating this test alone would raise the score, as its category alone holds it.
    """

    NONE = "none"
    CREDITED = "credited"
    VERIFIED = "verified"
    CLAIMED = "claimed-only"
    NOT_APPLICABLE = "not-applicable"
    WOULD_RISE = "would-rise"


@lru_cache
def _ways(claimed: Level, verified: Level, not_applicable: bool, alone: bool) -> frozenset[Holding]:
    """The ways in which a system stands to a test; `alone` says whether only the test's category holds its score."""
    found = {Holding.CREDITED if max(claimed, verified) else Holding.NONE}
    if verified:
        found.add(Holding.VERIFIED)
    elif claimed:
        found.add(Holding.CLAIMED)
    if not_applicable and not verified:
        found.add(Holding.NOT_APPLICABLE)
    if alone and max(claimed, verified) is not Level.AUTOMATED:
        found.add(Holding.WOULD_RISE)
    return frozenset(found)


_WAYS: Mapping[str, Collection[Holding]] = {
    digit: _ways(*cell, is_left_out(digit), False) for digit, cell in CELLS.items()
}
_LACKING = [digit for digit, cell in CELLS.items() if max(cell) is not Level.AUTOMATED]


def ways(stand: Stand | None, test: Test) -> frozenset[Holding]:
    """The ways in which a system stands to a test of the rubric in force; none for one without a score."""
    if stand is None:
        return frozenset()
    rubric = builtin()[stand.rubric]
    place = tests_of(stand.editions).index(test.key)
    digit = stand.tests[place : place + 1] or NOTHING
    alone = stand.limits == 1 << list(rubric.category_by_key).index(test.category)
    return _ways(*CELLS[digit], is_left_out(digit), alone)


@dataclass(frozen=True, slots=True)
class Gap:
    """One test: how many of `systems` stand in each way to it."""

    test: Test
    systems: int
    counts: Mapping[Holding, int]

    def share(self, holding: Holding) -> Fraction:
        """The share of the systems in percent; 0 without systems."""
        return Fraction(100 * self.counts[holding], self.systems) if self.systems else Fraction(0)


def scored_by(rubric: Rubric, systems: Sequence[Snapshot]) -> list[Snapshot]:
    """The systems that have a score on this rubric's scale."""
    return [system for system in systems if system.score is not None and system.score.rubric is rubric]


def gaps(rubric: Rubric, systems: Sequence[Snapshot]) -> Sequence[Gap]:
    """Every test of the rubric, in its order, over the systems that it scores."""
    return gaps_of(rubric, [system.tallied.stand for system in scored_by(rubric, systems)])


def gaps_of(rubric: Rubric, stands: Sequence[Stand]) -> Sequence[Gap]:
    """The same over systems that all stand by this rubric."""
    return _gaps(rubric, once(stands))


@lru_cache(maxsize=16)
def _gaps(rubric: Rubric, stands: Once[Stand]) -> Sequence[Gap]:
    found = []
    rises = _would_rise(rubric, stands)
    for test, column in zip(rubric.tests.values(), columns(rubric, stands), strict=True):
        counts = dict.fromkeys(Holding, 0)
        for digit, count in alike(column).items():
            for way in _WAYS[digit]:
                counts[way] += count
        found.append(Gap(test, len(stands), counts | {Holding.WOULD_RISE: rises[test.key]}))
    return found


def _would_rise(rubric: Rubric, stands: Sequence[Stand]) -> dict[str, int]:
    """By test, in how many systems it lies in the one category that limits them, and is not automated."""
    found = {}
    for place, category in enumerate(rubric.categories):
        held_down = [stand for stand in stands if stand.limits == 1 << place]
        by_test = dict(zip(rubric.tests, columns(rubric, held_down), strict=True))
        for test in category.tests:
            found[test.key] = sum([by_test[test.key].count(digit) for digit in _LACKING])
    return found


def category_means(rubric: Rubric, stands: Sequence[Stand]) -> dict[str, Fraction]:
    """The mean points of each category over systems that all stand by this rubric; empty without any."""
    return _means(rubric, once(stands)) if stands else {}


@lru_cache(maxsize=16)
def _means(rubric: Rubric, stands: Once[Stand]) -> dict[str, Fraction]:
    return Crowd.of(rubric, stands).categories


def standing_by(rubric: Rubric, stands: Iterable[Stand | None]) -> Once[Stand]:
    """Those of these stands that are on this rubric's scale."""
    return Once(stand for stand in stands if stand is not None and stand.rubric == rubric.key)


@lru_cache(maxsize=16)
def standing_first(rubric: Rubric, stands: Once[Sequence[Stand | None]]) -> Once[Stand]:
    """The same of stands at several instants, at the first one."""
    return standing_by(rubric, [first for first, *_ in stands])
