"""How systems stand, in digits and whole numbers, and what many of them have in common, test by test. Pure.

Text is counted far faster than objects: the digits of a thousand systems are one text, and those of one test a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from rubric.definition import Rubric
from rubric.levels import Level
from rubric.loader import builtin
from rubric.scoring import in_units, units_of
from rubric.states import DIGITS, LEVELS, NOTHING, claimed_in, verified_in

Cell = tuple[Level, Level]
"""What is claimed and what is verified of one test."""

CELLS: Mapping[str, Cell] = {digit: (claimed_in(digit), LEVELS[verified_in(digit)]) for digit in DIGITS}


class Stand(NamedTuple):
    """One system at an instant: the edition in force, its tests' digits, and totals as `scores.crowd.Face` has them.

    The digits are of the tests of all `editions` (keys) that the system has had, see `tests_of`.
    """

    rubric: str
    editions: tuple[str, ...]
    tests: str
    score: int
    verified: int
    points: tuple[int, ...]
    limits: int


@lru_cache
def tests_of(editions: tuple[str, ...]) -> tuple[str, ...]:
    """The tests of these editions, in the order of a state's digits; a further edition adds to the end."""
    return tuple(dict.fromkeys(test for key in editions for test in builtin()[key].tests))


@lru_cache
def places(rubric: Rubric, editions: tuple[str, ...]) -> tuple[int, ...]:
    """Where the digits of a rubric's tests stand, in its order."""
    order = tests_of(editions)
    return tuple(order.index(test) for test in rubric.tests)


def in_order(rubric: Rubric, editions: tuple[str, ...], digits: str) -> list[str]:
    """The digit of each of a rubric's tests, in its order."""
    padded = digits.ljust(len(tests_of(editions)), NOTHING)
    return [padded[place] for place in places(rubric, editions)]


def columns(rubric: Rubric, stands: Sequence[Stand]) -> list[str]:
    """For each test of the rubric, in its order, the digits of all of these systems, which it scores."""
    found = [""] * len(rubric.tests)
    for editions in dict.fromkeys([stand.editions for stand in stands]):
        width = len(tests_of(editions))
        digits = "".join([stand.tests.ljust(width, NOTHING) for stand in stands if stand.editions == editions])
        for index, place in enumerate(places(rubric, editions)):
            found[index] += digits[place::width]
    return found


def alike(digits: str) -> dict[str, int]:
    """How often each digit stands in a text."""
    return {digit: count for digit in DIGITS if (count := digits.count(digit))}


class Proof(NamedTuple):
    """In how many tests of a system there is credit, and the points that evidence alone proves, in the rubric's units."""

    held: int
    points: int


# Few stands differ, and most of these from one day to the next do not.
@lru_cache(maxsize=8192)
def proof(rubric: str, editions: tuple[str, ...], digits: str) -> Proof:
    """What a stand's digits say of its rubric's tests."""
    scale = builtin()[rubric]
    cells = [CELLS[digit] for digit in in_order(scale, editions, digits)]
    points = sum([scale.scale[verified] for _, verified in cells], Fraction(0))
    return Proof(sum([max(cell) > Level.NONE for cell in cells]), in_units(points, units_of(scale).points))


def proofs(stands: Sequence[Stand]) -> list[Proof]:
    """The same of each of these."""
    return [proof(stand.rubric, stand.editions, stand.tests) for stand in stands]
