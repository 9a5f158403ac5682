"""How far apart votes on a test lie: plain arithmetic, without the database."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations

STEPS = {"none": 0, "manual": 1, "automated": 2}
APART_FROM_NOT_APPLICABLE = 1


def distance(one: str, other: str) -> int:
    """Levels apart. Not applicable lies one from every level."""
    if one == other:
        return 0
    if one in STEPS and other in STEPS:
        return abs(STEPS[one] - STEPS[other])
    return APART_FROM_NOT_APPLICABLE


def disagreement(votes: Mapping[str, int]) -> Fraction:
    """The mean distance of two votes, over all pairs: 0 where all agree, and where fewer than two said anything.

    `votes` counts by choice. Who does not know takes no side, and is left out.
    """
    sides = {choice: count for choice, count in votes.items() if choice in STEPS or choice == "na"}
    total = sum(sides.values())
    if total < 2:
        return Fraction(0)
    apart = sum(sides[one] * sides[other] * distance(one, other) for one, other in combinations(sides, 2))
    return Fraction(2 * apart, total * (total - 1))
