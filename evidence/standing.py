"""How a test stands, as far as the next posting needs that."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from typing import cast

import msgspec

from evidence.snapshot import Growth, in_order
from evidence.touched import MOST_RUNS
from rubric.evidence import Interval, Layers
from rubric.levels import Level

# Postings that waited for their turn are stored after some that were received later.
WAITED = timedelta(minutes=1)


class Standing(msgspec.Struct, array_like=True, frozen=True):
    """How a test stands, and every other one that stands alike: its spans, but for those that ended before `since`, and the
    runs that may prove `automated` together with the next one.

    `manual` and `automated` are ascending. `runs` are ascending and without a gap: the newest one that lies G or more before
    `newest`, if there is any, and those after it; the last of all is among them where they are `whole`. No run is later than
    `newest`. None: they are not known, or the keys of the spans are not.
    """

    since: datetime
    manual: list[Interval] = []
    automated: list[Interval] = []
    runs: list[datetime] | None = None
    whole: bool = True
    newest: datetime | None = None

    @property
    def layers(self) -> Layers:
        return {Level.MANUAL: self.manual, Level.AUTOMATED: self.automated}

    def partner(self, at: datetime, repeat: timedelta) -> tuple[bool, datetime | None]:
        """Whether the only runs that may count together with one at this instant are known, and the newest of them.

        These lie `repeat`, which is G, or more before it. One that waited has later runs beside it, but none so far away.
        """
        if self.runs is None or self.newest is None or at < self.since:
            return False, None
        place = bisect_right(self.runs, at - repeat)
        if place == len(self.runs) and not self.whole:
            return False, None
        if at < self.newest:
            forgotten = place == 0 and self.runs and self.runs[0] <= self.newest - repeat
            if forgotten or at + repeat <= self.newest:
                return False, None
        return True, self.runs[place - 1] if place else None

    def after(self, newest: datetime, growth: Growth | None, repeat: timedelta) -> Standing:
        """The same once the newest run is at this instant, no earlier than it was, and this growth came in."""
        manual, automated, runs, whole = self.manual, self.automated, self.runs, self.whole
        since = max(self.since, newest - WAITED)
        if growth is not None:
            manual = [span for span in growth.after[Level.MANUAL] if span[1] >= since]
            automated = [span for span in growth.after[Level.AUTOMATED] if span[1] >= since]
            if runs is not None:
                runs = sorted([*runs, *(time for time in growth.times if whole or time < runs[-1])])
        if runs is not None:
            # Those before the newest that may be a partner are none any more.
            runs = runs[max(0, bisect_right(runs, newest - repeat) - 1) :]
            whole = whole and len(runs) <= MOST_RUNS
            runs = runs[:MOST_RUNS]
        return Standing(since, manual, automated, runs, whole, newest)

    def kept(self, growth: Growth) -> list[int] | None:
        """Where its spans were among those before this growth; None where one of them wasn't."""
        found = [growth.place(level, start) for level, start, _ in in_order(self.layers)]
        return None if None in found else cast("list[int]", found)
