"""What the organisation's page draws of the past: a trend of all its systems, and the histories of a few."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from operator import attrgetter

from assessments.entries import Listed
from rubric.definition import Rubric
from rubric.loader import builtin
from rubric.once import Same
from rubric.scoring import units_of
from rubric.states import State
from rubric.timeline import Point
from scores.kept import known, order_of
from scores.kept_counts import counted, highest
from scores.kept_states import states_over
from scores.recounting import Recounting
from scores.trends import Bucket, Interval, Life, bucket_ends, with_kept

SHORT_HISTORY = timedelta(days=60)
"""Histories up to this length are told day by day, longer ones week by week."""


@dataclass(frozen=True, slots=True)
class Past:
    """Up to an instant: the trend of the systems that one rubric scores, from the first of them on, empty without any.

    `highest` is by rubric the highest score of all these systems; `lives` are the histories of some, by system id.
    """

    buckets: Sequence[Bucket]
    highest: Mapping[str, Fraction]
    lives: Mapping[int, Life]


def read_past(
    systems: Sequence[Listed],
    some: Sequence[Listed],
    rubric: Rubric,
    start: datetime,
    now: datetime,
    recounting: Recounting,
) -> Past:
    """The past of these systems, and the histories of `some` of them over [start, now], in three queries.

    In none where this process knows all of it by the stamps that `recounting` tells of the same systems. Three more where
    not all states are kept, and `recounting` has not read the facts of the others.
    """
    scales, told = highest(systems, now, recounting.stamps)
    others = {}
    if len(told) < len(systems):
        others = recounting.lives([system for system in systems if system.pk not in told], now)
    points = [point for life in others.values() for point in life.points]
    starts = [point.at for point in points if point.rubric == rubric.key]
    starts += [first for key, (first, _) in scales.items() if key == rubric.key]
    tops = {key: Fraction(score, units_of(builtin()[key]).score) for key, (_, score) in scales.items()}
    for point in points:
        tops[point.rubric] = max(tops.get(point.rubric, point.score), point.score)
    return Past(
        buckets=_trend(systems, rubric, min(starts), now, recounting) if starts else (),
        highest=tops,
        lives=_lives(some, start, now, recounting),
    )


def _trend(
    systems: Sequence[Listed], rubric: Rubric, start: datetime, now: datetime, recounting: Recounting
) -> list[Bucket]:
    interval = Interval.DAY if now - start <= SHORT_HISTORY else Interval.WEEK
    ends = bucket_ends(start, now, interval)
    kept = counted(systems, rubric, ends, recounting.stamps)
    return with_kept(rubric, ends, kept, list(recounting.lives(kept.others(systems), now).values()))


def _lives(systems: Sequence[Listed], start: datetime, now: datetime, recounting: Recounting) -> dict[int, Life]:
    kept = dict(states_over(systems, start, now, recounting.stamps))
    found = recounting.lives([system for system in systems if system.pk not in kept], now)
    for system in systems:
        states = kept.get(system.pk, ())
        if begun := bisect_right(states, now, key=attrgetter("at")):
            found[system.pk] = _life(Same(system), Same(states), begun)
    return found


# States that were read before are the same ones still.
@lru_cache(maxsize=1024)
def _life(system: Same[Listed], states: Same[Sequence[State]], begun: int) -> Life:
    points = [_point(system.value, state) for state in states.value[:begun]]
    return Life(points, states.value[0].at, system.value.retired_at)


def _point(system: Listed, state: State) -> Point:
    return known(state.rubric, state.tests, order_of(system)).score_at(state.at).point
