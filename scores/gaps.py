"""What an organisation's systems lack in common: test by test, how many hold credit, by claim and by proof. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from rubric.definition import Rubric, Test
from rubric.levels import Level
from scores.snapshots import Snapshot
from scores.trends import total


class Holding(StrEnum):
    """How a system may stand to a test; a system can stand in several of these ways."""

    NONE = "none"
    CREDITED = "credited"
    VERIFIED = "verified"
    CLAIMED = "claimed-only"
    NOT_APPLICABLE = "not-applicable"
    WOULD_RISE = "would-rise"


_TAKES: Mapping[Holding, Callable[[Snapshot, str], bool]] = {
    Holding.NONE: lambda system, test: system.level(test) is Level.NONE,
    Holding.CREDITED: lambda system, test: system.level(test) > Level.NONE,
    Holding.VERIFIED: lambda system, test: system.verified(test) > Level.NONE,
    Holding.CLAIMED: lambda system, test: system.claimed(test) > system.verified(test) is Level.NONE,
    Holding.NOT_APPLICABLE: lambda system, test: system.left_out(test),
    Holding.WOULD_RISE: lambda system, test: system.would_rise(test),
}


def holds(system: Snapshot, test: str, holding: Holding) -> bool:
    """Whether a system with a score stands like that to a test of its rubric; one without a score never does."""
    return system.score is not None and _TAKES[holding](system, test)


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
    return [
        Gap(test, len(scored), {way: sum(holds(system, key, way) for system in scored) for way in Holding})
        for key, test in rubric.tests.items()
    ]


def category_means(rubric: Rubric, systems: Sequence[Snapshot]) -> dict[str, Fraction]:
    """The mean points of each category over the systems that the rubric scores; empty without any."""
    scored = [system.score.score.categories for system in scored_by(rubric, systems) if system.score is not None]
    if not scored:
        return {}
    return {
        category.key: total([points[category.key] for points in scored]) / len(scored) for category in rubric.categories
    }
