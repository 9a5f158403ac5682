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


def held(stands_columns: Sequence[str]) -> int:
    """In how many cells of systems and tests there is credit."""
    return sum([count for digit, count in alike("".join(stands_columns)).items() if max(CELLS[digit])])


def proved(rubric: Rubric, stands_columns: Sequence[str]) -> Fraction:
    """The points that evidence alone proves, of all categories of all systems."""
    earned = [rubric.scale[CELLS[digit][1]] * count for digit, count in alike("".join(stands_columns)).items()]
    return sum(earned, Fraction(0))
