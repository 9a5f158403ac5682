"""Summing kept states up: what trends are drawn from, system by system, and only of those that changed. See `scores.kept`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import msgspec

from accounts.statements import SQLITE, VENDOR, document, listed, to_sql
from accounts.texts import array, instant
from rubric.definition import Rubric
from rubric.once import Once, once
from scores.kept import MOMENT, Countable, Known, cast_of
from scores.told import Told, gathered, told_anew

KINDS = ("score", "verified", "limits")


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What kept states tell of how many systems stand where, by the position of the instant that first sees a change.

    `counts` are by kind and number, the kinds those of `scores.crowd.Crowd`; `points` are sums by category. `untold` are
    the keys of those systems that it tells nothing of; None: of all. It equals itself alone.
    """

    untold: frozenset[int] | None
    counts: Mapping[int, Mapping[tuple[str, int], int]]
    points: Mapping[int, Sequence[int]]

    def others(self, systems: Sequence[Known]) -> list[Known]:
        """Those that it doesn't tell of."""
        untold = self.untold
        if not untold:
            return list(systems) if untold is None else []
        return [system for system in systems if system.pk in untold]


NOTHING = Counted(None, {}, {})


class _Ledger:
    """What each of some systems told, and the sum of it. Threads share it, and set both at once."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: tuple[Mapping[int, Told], Counted] = {}, Counted(frozenset(), {}, {})


# What a system tells takes about 1.4 KiB for three years by week.
@lru_cache(maxsize=8)
def _ledger(systems: Once[Countable], rubric: Rubric, settled: tuple[datetime, ...]) -> _Ledger:
    return _Ledger()


def counted(
    systems: Sequence[Countable],
    rubric: Rubric,
    ends: Sequence[datetime],
    stamps: Mapping[int, int] | None = None,
) -> Counted:
    """How many of these systems stand where at each of the ascending instants, in one statement.

    Each counts from its first state by this rubric until it is retired. The same systems at the same instants but for a later
    last one, at which nothing has changed, are the same object. `stamps` as for `told_anew`.
    """
    wanted = once(systems)
    ledger = _ledger(wanted, rubric, tuple(ends[:-1]))
    told, known = ledger.known
    values = [_bounds(tuple(ends[:-1]), ends[-1]), rubric.key, to_sql(ends[-1]), to_sql(ends[0])]
    anew = told_anew(wanted, told, _steps(VENDOR, len(rubric.categories)), values, ends[-1], stamps)
    if not anew:
        return known
    found = _summed(known, told, anew)
    ledger.known = _with(told, anew), found
    return found


def _bounds(settled: tuple[datetime, ...], last: datetime) -> str:
    """The instants from which on a change is seen later than at each of these, as a parameter.

    The text of an array takes psycopg a tenth of the time of an array.
    """
    if SQLITE:
        return document([[to_sql(at + MOMENT)] for at in (*settled, last)])
    return f"{{{_passed(settled)}{(last + MOMENT).isoformat()}}}"


@lru_cache(maxsize=16)
def _passed(settled: tuple[datetime, ...]) -> str:
    return "".join([f"{(at + MOMENT).isoformat()}," for at in settled])


def _with(told: Mapping[int, Told], anew: Mapping[int, Told | None]) -> dict[int, Told]:
    both: dict[int, Told | None] = {**told, **anew}
    return {key: each for key, each in both.items() if each is not None}


def _summed(known: Counted, told: Mapping[int, Told], anew: Mapping[int, Told | None]) -> Counted:
    """The sum with what changed; the same one where that counts alike."""
    gone, come = [], []
    for key, each in anew.items():
        before, after = (told[key].rows if key in told else b"null"), (b"null" if each is None else each.rows)
        if before != after:
            gone.append(before)
            come.append(after)
    untold = frozenset([key for key, each in anew.items() if each is None])
    if not come and untold == known.untold:
        return known
    sums = _Sums(known)
    sums.add([step for rows in gone for step in _decoded(rows) or ()], -1)
    sums.add([step for rows in come for step in _decoded(rows) or ()], 1)
    return Counted(untold, sums.counts, sums.points)


_decoded = msgspec.json.Decoder(list[list[int]] | None).decode


class _Sums:
    """Sums that change by what many states count."""

    def __init__(self, known: Counted) -> None:
        self.counts = {place: dict(counts) for place, counts in known.counts.items()}
        self.points = {place: list(points) for place, points in known.points.items()}

    def add(self, steps: Sequence[Sequence[int]], sign: int) -> None:
        """Each state counts from the place where it begins to the one where it ends."""
        if not steps:
            return
        begins, ends, *numbers = zip(*steps, strict=True)
        self._change(begins, numbers, sign)
        self._change(ends, numbers, -sign)

    def _change(self, places: Sequence[int], numbers: Sequence[Sequence[int]], sign: int) -> None:
        for kind, column in zip(KINDS, numbers, strict=False):
            for (place, number), count in Counter(zip(places, column, strict=True)).items():
                counts = self.counts.setdefault(place, {})
                counts[kind, number] = counts.get((kind, number), 0) + sign * count
        earned = numbers[len(KINDS) :]
        for index, column in enumerate(earned):
            for (place, points), count in Counter(zip(places, column, strict=True)).items():
                self.points.setdefault(place, [0] * len(earned))[index] += sign * count * points


@lru_cache
def _steps(vendor: str, categories: int) -> str:
    """A system's states that some bound sees: where each begins and ends, its numbers, and its points."""
    if vendor == "postgresql":
        # Bounds are a constant to each system's states.
        beside = ", (SELECT %s::timestamptz[] AS passed OFFSET 0) AS b"
        place, value = "width_bucket({}, b.passed)", "k.points[{} + 1]"
    else:
        beside = f", (SELECT json_group_array(at) AS passed FROM {listed(vendor, 'l', at='timestamptz')}) AS b"
        place = "(SELECT count(*) FROM json_each(b.passed) WHERE value <= {})"
        value = "json_extract(k.points, '$[{}]')"
    at = f"%s{cast_of(vendor)}"
    until = "CASE WHEN c.retired_at < k.until THEN c.retired_at ELSE k.until END"
    own = ", ".join(f"{value.format(index)} AS p{index}" for index in range(categories))
    names = [*("begins", "ends", *KINDS), *(f"p{index}" for index in range(categories))]
    seen = (
        f"SELECT {place.format('k.at')} AS begins, {place.format(until)} AS ends, k.score, k.verified, k.limits, {own}"
        f" FROM scores_keptstate k{beside}"
        f" WHERE k.system_id = c.id AND k.rubric = %s AND k.at <= {at} AND k.until > {at}"
    )
    return gathered(
        vendor, array(vendor, *names), f"SELECT * FROM ({seen}) AS seen WHERE begins < ends ORDER BY begins"
    )


Scales = tuple[Mapping[str, tuple[datetime, int]], frozenset[int]]


class _Tops:
    """What each of some systems told of its highest scores, and what `highest` makes of it."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: tuple[Mapping[int, Told], Scales] = {}, ({}, frozenset())


@lru_cache(maxsize=16)
def _tops(systems: Once[Countable]) -> _Tops:
    return _Tops()


def highest(systems: Sequence[Countable], now: datetime, stamps: Mapping[int, int] | None = None) -> Scales:
    """By rubric, when it first scored any of these systems, and the highest score up to `now` in its units.

    And the keys of the systems that this tells of. In one statement; `stamps` as for `told_anew`.
    """
    wanted = once(systems)
    tops = _tops(wanted)
    told, known = tops.known
    anew = told_anew(wanted, told, _highest(VENDOR), [to_sql(now)], now, stamps)
    if not anew:
        return known
    found = _with(told, anew)
    scales: dict[str, tuple[datetime, int]] = {}
    for rows in {each.rows for each in found.values()}:
        for rubric, first, number in _scales(rows):
            before = scales.get(rubric, (first, number))
            scales[rubric] = min(before[0], first), max(before[1], number)
    made = scales, frozenset(found)
    tops.known = found, made
    return made


@lru_cache(maxsize=4096)
def _scales(rows: bytes) -> Sequence[tuple[str, datetime, int]]:
    return _scales_of(rows) or ()


_scales_of = msgspec.json.Decoder(list[tuple[str, datetime, int]] | None).decode


@lru_cache
def _highest(vendor: str) -> str:
    of = (
        "SELECT k.rubric, min(k.at) AS first, max(k.score) AS highest FROM scores_keptstate k"
        f" WHERE k.system_id = c.id AND k.at <= %s{cast_of(vendor)} GROUP BY k.rubric ORDER BY k.rubric"
    )
    return gathered(vendor, array(vendor, "rubric", instant(vendor, "first"), "highest"), of)
