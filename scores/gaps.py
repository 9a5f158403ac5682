"""What an organisation's systems lack in common: test by test, how many hold credit, by claim and by proof. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from itertools import repeat

from rubric.definition import Rubric, Test
from rubric.levels import Level
from scores.crowd import Crowd
from scores.snapshots import Snapshot
from scores.tallied import Tallied


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


def ways(system: Snapshot, test: str) -> frozenset[Holding]:
    """The ways in which a system stands to a test of its rubric; none for one without a score."""
    if system.score is None:
        return frozenset()
    levels, category = system.levels, system.score.rubric.tests[test].category
    alone = system.score.score.limiting == (category,)
    return _ways(system.claimed(test), system.verified(test), test in levels.not_applicable, alone)


@lru_cache(maxsize=4096)
def _all_ways(state: Tallied) -> tuple[frozenset[Holding], ...]:
    """The same of every test of the rubric, in its order."""
    rubric, left_out = state.score.rubric, state.levels.not_applicable
    limiting = state.score.score.limiting
    return tuple(
        [
            _ways(*cell, key in left_out, limiting == (test.category,))
            for (key, test), cell in zip(rubric.tests.items(), state.cells, strict=True)
        ]
    )


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


def gaps(rubric: Rubric, systems: Sequence[Snapshot]) -> list[Gap]:
    """Every test of the rubric, in its order, over the systems that it scores."""
    scored = scored_by(rubric, systems)
    found = []
    columns = zip(*(_all_ways(system.tallied) for system in scored), strict=True) if scored else repeat(())
    for test, column in zip(rubric.tests.values(), columns, strict=False):
        alike = Counter(column)
        counts = {way: sum(count for of, count in alike.items() if way in of) for way in Holding}
        found.append(Gap(test, len(scored), counts))
    return found


def category_means(rubric: Rubric, systems: Sequence[Snapshot]) -> dict[str, Fraction]:
    """The mean points of each category over the systems that the rubric scores; empty without any."""
    faces = [system.tallied.face for system in scored_by(rubric, systems)]
    return Crowd.of(rubric, faces).categories if faces else {}
