"""What moved between two instants: the systems whose points or tests differ, and whether they improved or slid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from assessments.models import System
from rubric.definition import Rubric, Test
from rubric.levels import Level
from scores.gaps import scored_by
from scores.overview import verified_share
from scores.score import Score
from scores.snapshots import Snapshot, snapshots_at
from scores.trends import Bucket, bucket


class Direction(StrEnum):
    """Where a system's score went; OTHERWISE where it stands as it did and tests moved."""

    IMPROVED = "improved"
    SLID = "slid"
    OTHERWISE = "otherwise"


@dataclass(frozen=True, slots=True)
class TestMove:
    """A test whose credited or verified level differs between two instants."""

    __test__ = False

    test: Test
    before: tuple[Level, Level]
    after: tuple[Level, Level]
    """What was claimed and what was verified then, and at last."""

    @property
    def gained(self) -> bool:
        """Whether it stands higher: by what is credited, else by what is verified."""
        return (max(self.after), self.after[1]) > (max(self.before), self.before[1])

    @property
    def credit(self) -> int:
        """By how many levels its credit rose; negative where it fell."""
        return int(max(self.after)) - int(max(self.before))


Cell = tuple[Level, Level]


@dataclass(frozen=True, slots=True)
class Move:
    """One system at two instants, scored by one rubric at both, and the tests that moved, in the rubric's order."""

    before: Snapshot
    after: Snapshot
    change: Fraction
    verified: Fraction
    tests: Sequence[TestMove]

    @property
    def system(self) -> System:
        return self.after.system

    @property
    def direction(self) -> Direction:
        if not self.change:
            return Direction.OTHERWISE
        return Direction.IMPROVED if self.change > 0 else Direction.SLID


@dataclass(frozen=True, slots=True)
class Whole:
    """All systems of a rubric at one instant. `verified_share` is in percent of the credited points, None without any."""

    at: Bucket
    verified_share: Fraction | None


@dataclass(frozen=True, slots=True)
class Moves:
    """The systems of a rubric between two instants.

    `moved` are those of which anything moved, furthest first; `still` counts those that stand as they did, `begun` are
    those without a score, or on another scale, at the earlier instant.
    """

    before: Whole
    after: Whole
    moved: Sequence[Move]
    still: int
    begun: Sequence[Snapshot]

    def going(self, direction: Direction) -> list[Move]:
        """Those that moved in this direction, furthest first."""
        return [move for move in self.moved if move.direction is direction]

    @property
    def gained(self) -> int:
        """In how many cells of systems and tests the credit rose."""
        return sum(test.credit > 0 for move in self.moved for test in move.tests)

    @property
    def lost(self) -> int:
        """In how many it fell."""
        return sum(test.credit < 0 for move in self.moved for test in move.tests)


def moves(systems: Sequence[System], rubric: Rubric, since: datetime, now: datetime) -> Moves:
    """What differs between `since` and the later `now`, in six queries; one where all states are kept.

    Retired systems are left out.
    """
    used = [system for system in systems if system.retired_at is None]
    before, after = snapshots_at(used, since, now)
    then = {row.system.pk: row for row in scored_by(rubric, before)}
    scored = scored_by(rubric, after)
    both = [
        _move(rubric, earlier, earlier.score, row, row.score)
        for row in scored
        if (earlier := then.get(row.system.pk)) and earlier.score and row.score
    ]
    moved = [move for move in both if move.tests or move.change]
    return Moves(
        before=whole(rubric, since, before),
        after=whole(rubric, now, after),
        moved=sorted(moved, key=_furthest),
        still=len(both) - len(moved),
        begun=[row for row in scored if row.system.pk not in then],
    )


def _furthest(move: Move) -> tuple[Fraction, Fraction, int, str]:
    return -abs(move.change), -abs(move.verified), -len(move.tests), move.system.name.casefold()


def _move(rubric: Rubric, before: Snapshot, then: Score, after: Snapshot, now: Score) -> Move:
    return Move(
        before=before,
        after=after,
        change=now.score.score - then.score.score,
        verified=now.verified.score - then.verified.score,
        tests=_tests(rubric, before.tallied.cells, after.tallied.cells),
    )


def _tests(rubric: Rubric, before: Sequence[Cell], after: Sequence[Cell]) -> list[TestMove]:
    """The tests of which anything moved that counts; a claim below what is verified does not."""
    if before == after:
        return []
    return [
        TestMove(test, then, now)
        for test, then, now in zip(rubric.tests.values(), before, after, strict=True)
        if then != now and (max(then), then[1]) != (max(now), now[1])
    ]


def whole(rubric: Rubric, at: datetime, rows: Sequence[Snapshot]) -> Whole:
    """All of these systems that the rubric scores, at the instant of their snapshots, as trends count them."""
    scored = [row.tallied for row in scored_by(rubric, rows)]
    return Whole(bucket(rubric, at, [each.face for each in scored]), verified_share(scored))
