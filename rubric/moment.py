"""An instant known by where it stands among others, which is all that comparisons with it depend on. Pure.

What is counted as of an instant from facts that don't change stays the same until one of the facts' instants, or one that
lies a window after it, has passed. So it may be remembered by these places instead of the instant, and is never stale.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

LEAST = timedelta(microseconds=1)
"""By how much instants differ at least."""


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` and some later instant `until` (aware): equal to another that stands at the same places.

    What is counted as of it must be the same for all that are equal, and so not tell the instants themselves.
    """

    at: datetime = field(compare=False)
    until: datetime = field(compare=False)
    places: tuple[int, ...]

    @classmethod
    def among(cls, at: datetime, until: datetime, *compared: tuple[Sequence[datetime], Iterable[timedelta]]) -> Moment:
        """`compared` are ascending instants, with how much later than `at` the instants lie that these are compared with.

        Comparisons of `until` with all of the instants may differ too. Of two comparisons, "up to" and "before", either
        is decided.
        """
        places = []
        for instants, shifts in compared:
            places.append(bisect_right(instants, until))
            for shift in shifts:
                places += (bisect_right(instants, at + shift), bisect_right(instants, at + shift - LEAST))
        return cls(at, until, tuple(places))


@dataclass(frozen=True, slots=True)
class Stretch:
    """The instants from `since` on and before `until` (aware)."""

    since: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        return self.since <= at < self.until

    @classmethod
    def around(cls, at: datetime, *compared: tuple[Sequence[datetime], Iterable[timedelta]]) -> Stretch:
        """The instants that stand among others as `at` does: for each of `compared`, ascending ones, as for `Moment`."""
        since, until = ALL
        for instants, shifts in compared:
            for shift in shifts:
                shifted = at + shift
                place = bisect_right(instants, shifted)
                if place < len(instants):
                    until = min(until, instants[place] - shift)
                if place and instants[place - 1] == shifted:
                    since, until = at, at + LEAST
                elif place:
                    since = max(since, instants[place - 1] - shift + LEAST)
        return cls(since, until)

    @classmethod
    def common(cls, stretches: Sequence[Stretch]) -> Stretch:
        """What lies in all of these."""
        since, until = ALL
        return cls(
            max([each.since for each in stretches], default=since),
            min([each.until for each in stretches], default=until),
        )


ALL = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
Made = TypeVar("Made")


class Latest(Generic[Made]):
    """What was last made of facts that stay the same, and of which instants it is true."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: tuple[Stretch, Made] | None = None
