"""An instant known by where it stands among others, which is all that comparisons with it depend on. Pure.

What is counted as of an instant from facts that don't change stays the same until one of the facts' instants, or one that
lies a window after it, has passed. So it may be remembered by these places instead of the instant, and is never stale.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
