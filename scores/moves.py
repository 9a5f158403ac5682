"""What moved between two instants: the systems whose points or tests differ, and whether they improved or slid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from assessments.entries import Listed
from rubric.definition import Rubric, Test
from rubric.loader import builtin
from rubric.once import Once, once
from rubric.scoring import units_of
from scores.crowd import Crowd
from scores.gaps import standing_by
from scores.lapses import in_use
from scores.snapshots import stands_at
from scores.stands import CELLS, Cell, Stand, in_order, proofs


class Direction(StrEnum):
    """Where a system's score went; OTHERWISE where it stands as it did and tests moved."""

    IMPROVED = "improved"
    SLID = "slid"
    OTHERWISE = "otherwise"


class Moved(NamedTuple):
    """A test whose credited or verified level differs between two instants."""

    test: Test
    before: Cell
    after: Cell
    """What was claimed and what was verified then, and at last."""

    @property
    def gained(self) -> bool:
        """Whether it stands higher: by what is credited, else by what is verified."""
        return (max(self.after), self.after[1]) > (max(self.before), self.before[1])

    @property
    def credit(self) -> int:
        """By how many levels its credit rose; negative where it fell."""
        return int(max(self.after)) - int(max(self.before))


class Difference(NamedTuple):
    """The tests that moved between two stands, in the rubric's order, and how many of them gained and lost credit."""

    tests: tuple[Moved, ...]
    gained: int
    lost: int


class Move(NamedTuple):
    """One system at two instants, scored by one rubric at both, and what differs."""

    system: Listed
    rubric: Rubric
    before: Stand
    after: Stand
    difference: Difference

    @property
    def tests(self) -> tuple[Moved, ...]:
        return self.difference.tests

    @property
    def change(self) -> Fraction:
        """By how much the score rose."""
        return Fraction(self.after.score - self.before.score, units_of(self.rubric).score)

    @property
    def verified(self) -> Fraction:
        """By how much the verified score rose."""
        return Fraction(self.after.verified - self.before.verified, units_of(self.rubric).score)

    @property
    def direction(self) -> Direction:
        if self.after.score == self.before.score:
            return Direction.OTHERWISE
        return Direction.IMPROVED if self.after.score > self.before.score else Direction.SLID


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """What differs between two instants, and equals itself alone: the same object as long as nothing in it changes.

    `before` and `after` are all systems at both. `moved` are those of which anything moved, furthest first; `still` are
    those that stand as they did, `begun` are those without a score, or on another scale, at the earlier instant, with how
    they stand.
    """

    before: Counted
    after: Counted
    moved: Once[Move]
    still: Sequence[Listed]
    begun: Sequence[tuple[Listed, Stand]]

    def by_direction(self) -> Mapping[Direction, Sequence[Move]]:
        """Those that moved in each direction, furthest first."""
        return _by_direction(self.moved)

    @property
    def gained(self) -> int:
        """In how many cells of systems and tests the credit rose."""
        return _credit(self.moved)[0]

    @property
    def lost(self) -> int:
        """In how many it fell."""
        return _credit(self.moved)[1]


@lru_cache(maxsize=16)
def _by_direction(moved: Once[Move]) -> Mapping[Direction, Sequence[Move]]:
    found: dict[Direction, list[Move]] = {direction: [] for direction in Direction}
    for move in moved:
        found[move.direction].append(move)
    return found


@lru_cache(maxsize=16)
def _credit(moved: Once[Move]) -> tuple[int, int]:
    """In how many cells the credit rose, and in how many it fell."""
    return sum([move.difference.gained for move in moved]), sum([move.difference.lost for move in moved])


def moves(systems: Sequence[Listed], rubric: Rubric, since: datetime, now: datetime) -> Between:
    """What differs between `since` and the later `now`, in one query where all states are kept.

    Retired systems are left out.
    """
    used = in_use(once(systems))
    return _between(used, rubric, stands_at(used, since, now))


@lru_cache(maxsize=16)
def _between(systems: Once[Listed], rubric: Rubric, pairs: Once[Sequence[Stand | None]]) -> Between:
    moved, begun, still = [], [], []
    for system, (before, after) in zip(systems, pairs, strict=True):
        if after is None or after.rubric != rubric.key:
            continue
        if before is None or before.rubric != rubric.key:
            begun.append((system, after))
            continue
        found = difference(rubric.key, after.editions, before.tests, after.tests)
        if found.tests or before.score != after.score:
            moved.append(Move(system, rubric, before, after, found))
        else:
            still.append(system)
    return Between(
        before=Counted.of(rubric, standing_by(rubric, [before for before, _ in pairs])),
        after=Counted.of(rubric, standing_by(rubric, [after for _, after in pairs])),
        moved=Once(sorted(moved, key=_furthest)),
        still=still,
        begun=begun,
    )


def _furthest(move: Move) -> tuple[int, int, int, str]:
    before, after = move.before, move.after
    change, verified = after.score - before.score, after.verified - before.verified
    return -abs(change), -abs(verified), -len(move.difference.tests), move.system.name.casefold()


# Few stands differ, and most of these from one day to the next do not.
@lru_cache(maxsize=8192)
def difference(rubric: str, editions: tuple[str, ...], before: str, after: str) -> Difference:
    """What moved between two texts of digits that counts; a claim below what is verified does not."""
    scale = builtin()[rubric]
    cells = zip(in_order(scale, editions, before), in_order(scale, editions, after), strict=True)
    tests = [
        _moved(test, then, now)
        for test, (then, now) in zip(scale.tests.values(), cells, strict=True)
        if _COUNTED[then] != _COUNTED[now]
    ]
    return Difference(tuple(tests), sum([each.credit > 0 for each in tests]), sum([each.credit < 0 for each in tests]))


_COUNTED = {digit: (max(cell), cell[1]) for digit, cell in CELLS.items()}


@lru_cache(maxsize=8192)
def _moved(test: Test, before: str, after: str) -> Moved:
    return Moved(test, CELLS[before], CELLS[after])


class Counted(NamedTuple):
    """All of some systems at one instant, as trends count them; `verified_share` is in percent of the credited points.

    That is None without any.
    """

    crowd: Crowd
    verified_share: Fraction | None

    @classmethod
    def of(cls, rubric: Rubric, stands: Sequence[Stand]) -> Counted:
        """Of systems that stand by this rubric."""
        crowd = Crowd.of(rubric, stands)
        proved = sum([each.points for each in proofs(stands)])
        return cls(crowd, Fraction(100 * proved, crowd.credited) if crowd.credited else None)

    @property
    def systems(self) -> int:
        return self.crowd.systems

    @property
    def median(self) -> Fraction | None:
        """The median score; None without any system."""
        return self.crowd.quantiles("score", Fraction(1, 2))[0] if self.systems else None

    @property
    def categories(self) -> Mapping[str, Fraction]:
        """The mean of each category; empty without any system."""
        return self.crowd.categories if self.systems else {}
