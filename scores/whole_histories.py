"""Histories that this process counted a moment ago: functions of a system's facts alone, remembered by all of the facts.

Whoever follows a system through time asks for its whole history again and again, of which hardly anything changes meanwhile.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from rubric.timeline import Facts, Point, timeline
from scores.marks import Event, lapse_events
from scores.reading import LAST

MOST_SPANS = 400
"""Longer histories are counted anew each time, so that what is remembered stays small."""


class History(NamedTuple):
    """All points of a system from its first fact on, lapses to come included, and the lapses that charts mark."""

    points: Sequence[Point]
    lapses: Sequence[Event]


def history_of(facts: Facts, since: datetime) -> History:
    """The history that these facts make, which hold all there are; `since` is the instant of the first."""
    return _history(_Known(facts), since) if len(facts.spans) <= MOST_SPANS else _counted(facts, since)


def _counted(facts: Facts, since: datetime) -> History:
    return History(timeline(facts, since, LAST), lapse_events(facts, LAST))


@lru_cache(maxsize=64)
def _history(known: _Known, since: datetime) -> History:
    return _counted(known.facts, since)


class _Known:
    """Facts that equal others which hold the same: every edition, claim and span, and nothing else."""

    __slots__ = ("facts", "values")

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.values: tuple[Hashable, ...] = (
            tuple(facts.editions),
            tuple([(each.effective_at, *each.levels.items(), each.not_applicable) for each in facts.claims]),
            tuple([(each.test, each.level, each.starts_at, each.ends_at) for each in facts.spans]),
        )

    def __hash__(self) -> int:
        return hash(self.values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self.values == other.values
