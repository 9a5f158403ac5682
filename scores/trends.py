"""How the systems of one rubric stand over time: medians, quartiles, means and what limits, at the end of each bucket.

A bucket's values are the state at its last instant, one microsecond before the next bucket begins, so that a week's instant
lies on its Sunday (UTC); the last bucket may be cut at the end of the interval. Values are exact.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from accounts.instants import from_sql
from accounts.statements import VENDOR, document, fetch, listed
from assessments.entries import Listed
from assessments.models import System
from rubric.definition import Rubric
from rubric.states import EVER
from rubric.timeline import Facts, Point, timeline
from scores.crowd import Crowd, Face
from scores.facts import load_facts
from scores.kept import Countable
from scores.kept_counts import NOTHING, Counted, counted

DAY = timedelta(days=1)
LAST_MOMENT = timedelta(microseconds=1)


class Interval(StrEnum):
    """How long a bucket is. Days, weeks and months are those of UTC; weeks end on Sunday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Bucket:
    """All systems of a rubric at one instant; None and empty where there is no system. Points, or percent for shares.

    `limiting` counts by category how many systems it limits; a system with several limiting categories counts in each.
    """

    at: datetime
    systems: int = 0
    median: Fraction | None = None
    mean: Fraction | None = None
    q1: Fraction | None = None
    q3: Fraction | None = None
    verified_median: Fraction | None = None
    categories: Mapping[str, Fraction] = field(default_factory=dict)
    limiting: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Life:
    """One system's history: its points, from its first fact on, until it was retired (None: it is in use)."""

    points: Sequence[Point]
    since: datetime
    until: datetime | None = None


def bucket_ends(start: datetime, end: datetime, interval: Interval) -> list[datetime]:
    """The last instants of the buckets that [start, end] touches, ascending; the last one is cut at `end`."""
    first, beyond = (_first_of_next(at.astimezone(UTC), interval) for at in (start, end))
    ends = list(_ends_before(first, beyond, interval))
    if not ends or ends[-1] < end:
        ends.append(end)
    return ends


@lru_cache(maxsize=64)
def _ends_before(first: datetime, beyond: datetime, interval: Interval) -> Sequence[datetime]:
    """The last instants of the buckets that are followed by one which begins at `first` or later, and before `beyond`."""
    ends = []
    while first < beyond:
        ends.append(first - LAST_MOMENT)
        first = _first_of_next(first, interval)
    return ends


def _first_of_next(at: datetime, interval: Interval) -> datetime:
    """Where the bucket after that of `at` begins."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if interval is Interval.MONTH:
        return (midnight.replace(day=1) + 32 * DAY).replace(day=1)
    return midnight + (DAY if interval is Interval.DAY else (7 - midnight.weekday()) * DAY)


def trend(systems: Sequence[Countable], ends: Sequence[datetime], rubric: Rubric) -> list[Bucket]:
    """The state of these systems at each of the ascending instants, in five queries: one where all states are kept.

    A system counts where this rubric's edition was in force for it: scores of another one are on another scale.
    """
    kept = counted(systems, rubric, ends)
    untold = [system.pk for system in kept.others(systems)]
    others = System.objects.filter(pk__in=untold).select_related("organisation") if untold else ()
    return with_kept(rubric, ends, kept, lives_over(list(others), ends[0], ends[-1]))


def lives_over(systems: Sequence[Listed], start: datetime, end: datetime) -> list[Life]:
    """The histories over [start, end] of those of these systems that have a fact by then, from claims and spans."""
    if not systems:
        return []
    facts = load_facts(systems, start, end)
    return list(lives_of(systems, facts, first_runs(systems), start, end).values())


def first_runs(systems: Sequence[Listed]) -> dict[int, datetime | None]:
    """When each system's earliest result was observed, by system id, in one query."""
    rows = fetch(_first_runs(VENDOR), [document([(system.pk,) for system in systems])])
    return {key: from_sql(at) for key, at in rows}


@lru_cache
def _first_runs(vendor: str) -> str:
    return (
        f"SELECT l.system, s.first_run_at FROM {listed(vendor, 'l', system='bigint')}"
        " LEFT JOIN assessments_system s ON s.id = l.system"
    )


def first_fact(facts: Facts, first_run_at: datetime | None) -> datetime | None:
    """When the oldest of these facts happened; None without any. `facts` holds all final assessments from the start on."""
    claimed = facts.claims[0].effective_at if facts.claims else None
    return min((at for at in (claimed, first_run_at) if at is not None), default=None)


def lives_of(
    systems: Sequence[Listed],
    facts: Mapping[int, Facts],
    first_runs: Mapping[int, datetime | None],
    start: datetime,
    end: datetime,
) -> dict[int, Life]:
    """The histories over [start, end] of the systems that have a fact by then, by system id; one sweep each."""
    lives = {}
    for system in systems:
        since = first_fact(facts[system.pk], first_runs[system.pk])
        if since is not None and since <= end:
            points = timeline(facts[system.pk], max(since, start), end)
            lives[system.pk] = Life(points, since, system.retired_at)
    return lives


@dataclass(frozen=True, slots=True)
class _Shift:
    """From one instant on, so many more systems look like this (fewer: negative)."""

    place: int
    face: Face
    count: int


def buckets(rubric: Rubric, ends: Sequence[datetime], lives: Sequence[Life]) -> list[Bucket]:
    """One bucket for each of the ascending instants, from histories that reach over all of them; one sweep."""
    return with_kept(rubric, ends, NOTHING, lives)


def with_kept(rubric: Rubric, ends: Sequence[datetime], kept: Counted, lives: Sequence[Life]) -> list[Bucket]:
    """The same, with what kept states tell of other systems."""
    if not lives:
        settled, last = _settled(rubric, tuple(ends[:-1]), kept)
        return [*settled, replace(last, at=ends[-1])]
    shifts: list[list[_Shift]] = [[] for _ in ends]
    for life in lives:
        for shift in _shifts(rubric, ends, life):
            shifts[shift.place].append(shift)
    crowd, made = Crowd(rubric), []
    for place, at in enumerate(ends):
        for shift in shifts[place]:
            crowd.add(shift.face, shift.count)
        _count(crowd, kept, place)
        made.append(bucket(at, crowd))
    return made


# All but the last instant stay the same from one reading to the next, and so do these buckets: the very same objects.
@lru_cache(maxsize=16)
def _settled(rubric: Rubric, ends: tuple[datetime, ...], kept: Counted) -> tuple[Sequence[Bucket], Bucket]:
    """The buckets at these instants, and the one that follows, whenever it ends."""
    crowd, made = Crowd(rubric), []
    for place, at in enumerate(ends):
        _count(crowd, kept, place)
        made.append(bucket(at, crowd))
    _count(crowd, kept, len(ends))
    return made, bucket(EVER, crowd)


def _count(crowd: Crowd, kept: Counted, place: int) -> None:
    """Add what kept states tell of the changes that this instant sees first."""
    for (kind, number), count in kept.counts.get(place, {}).items():
        crowd.count(kind, number, count)
    crowd.earn(kept.points.get(place, ()))


def _shifts(rubric: Rubric, ends: Sequence[datetime], life: Life) -> Iterator[_Shift]:
    """What a system's history changes, by the position of the first instant that sees it; nothing where it doesn't count."""
    steps = {bisect_left(ends, point.at): point for point in life.points}
    retired = len(ends) if life.until is None else bisect_left(ends, life.until)
    faces = {
        place: Face.of(rubric, point) if point.rubric == rubric.key else None
        for place, point in steps.items()
        if place < retired
    }
    if retired < len(ends):
        faces[retired] = None
    before: Face | None = None
    for place, face in faces.items():
        if before is not None:
            yield _Shift(place, before, -1)
        if face is not None:
            yield _Shift(place, face, 1)
        before = face


def bucket(at: datetime, crowd: Crowd) -> Bucket:
    """One instant, from all that count at it."""
    if not crowd.systems:
        return Bucket(at)
    q1, median, q3 = crowd.quantiles("score", Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
    return Bucket(
        at=at,
        systems=crowd.systems,
        median=median,
        mean=crowd.mean,
        q1=q1,
        q3=q3,
        verified_median=crowd.quantiles("verified", Fraction(1, 2))[0],
        categories=crowd.categories,
        limiting=crowd.limiting,
    )


def total(values: Sequence[Fraction]) -> Fraction:
    """The exact sum; values of one denominator are added as whole numbers."""
    by_denominator: Counter[int] = Counter()
    for value in values:
        by_denominator[value.denominator] += value.numerator
    return sum((Fraction(count, denominator) for denominator, count in by_denominator.items()), Fraction(0))


def quantile(ascending: Sequence[Fraction] | Sequence[int], share: Fraction) -> Fraction:
    """The value at this share (0 to 1) of at least one ascending value, interpolated linearly between neighbours."""
    position = share * (len(ascending) - 1)
    index = int(position)
    value = Fraction(ascending[index])
    if index == len(ascending) - 1:
        return value
    return value + (position - index) * (ascending[index + 1] - ascending[index])
