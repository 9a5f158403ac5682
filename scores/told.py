"""What kept states tell of each of many systems, remembered by stamp: only of those that changed it is read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from accounts.statements import VENDOR, document, listed, to_sql
from accounts.texts import array, instant, joined, read
from rubric.moment import ALL, Latest, Stretch
from rubric.once import Once, Same
from rubric.states import EVER
from scores.kept import Countable, cast_of

UNKNOWN = -1


class Told(NamedTuple):
    """What a system's states told at `since`: an array of JSON. It is as true of later instants, until its next state begins.

    That is so as long as the system's stamp stays the same.
    """

    stamp: int
    since: datetime
    until: datetime
    rows: bytes


def told_anew(
    systems: Once[Countable],
    told: Mapping[int, Told],
    rows: str,
    values: Sequence[Any],
    now: datetime,
    stamps: Mapping[int, int] | None = None,
) -> dict[int, Told | None]:
    """What those of these systems tell at `now` of which `told` is no longer true, by id, in one statement.

    None where states aren't known at `now`. `rows` is SQL for one array of what a system tells: of its states, `k`, while the
    system is `c`; `values` are its parameters. `stamps` are those of a reading of all states that holds good here: where
    `told` is by them, nothing is asked.
    """
    latest = _latest(systems, Same(told))
    known = latest.known
    if known is None or not known[0].holds(now):
        latest.known = known = _asked(systems, told, now)
    asked = known[1]
    if asked.stamps == stamps:
        return {}
    at = to_sql(now)
    text = read(_changed(VENDOR, rows), [at, at, *values, asked.document, at])
    return {
        key: None if stamp is None else Told(stamp, now, until or EVER, bytes(own))
        for key, stamp, until, own in _answers(text)
    }


@lru_cache(maxsize=16)
def _latest(systems: Once[Countable], told: Same[Mapping[int, Told]]) -> Latest[_Asked]:
    return Latest()


class _Asked(NamedTuple):
    """The stamp of what is known of each system, and that as the parameter to ask with."""

    stamps: Mapping[int, int]
    document: str


def _asked(systems: Once[Countable], told: Mapping[int, Told], now: datetime) -> tuple[Stretch, _Asked]:
    """These systems, each with the stamp of what is known at `now`, and how long that is what to ask with."""
    stamps = {}
    since, until = ALL
    for system in systems:
        known, stamp = told.get(system.pk), UNKNOWN
        if known is not None and known.since <= now < known.until:
            stamp, since, until = known.stamp, max(since, known.since), min(until, known.until)
        elif known is not None and now < known.since:
            until = min(until, known.since)
        elif known is not None:
            since = max(since, known.until)
        stamps[system.pk] = stamp
    rows = [(system.pk, system.generation, stamps[system.pk]) for system in systems]
    return Stretch(since, until), _Asked(stamps, document(rows))


_answers = msgspec.json.Decoder(list[tuple[int, int | None, datetime | None, msgspec.Raw]]).decode


@lru_cache
def _changed(vendor: str, rows: str) -> str:
    """The state that holds, or the first one, ends where another begins, unless it has yet to begin itself."""
    at = f"%s{cast_of(vendor)}"
    following = (
        f"(SELECT CASE WHEN x.at > {at} THEN x.at ELSE x.until END FROM scores_keptstate x"
        f" WHERE x.system_id = c.id AND x.until > {at} ORDER BY x.until LIMIT 1)"
    )
    wanted = listed(vendor, "l", system="bigint", generation="bigint", stamp="bigint")
    return joined(
        vendor,
        f"SELECT {array(vendor, 'c.id', 'c.stamp', instant(vendor, following), f'({rows})')} AS row"
        f" FROM (SELECT l.system AS id, s.states_stamp AS stamp, s.retired_at FROM {wanted}"
        f" LEFT JOIN assessments_system s ON s.id = l.system AND s.generation = l.generation AND s.states_until > {at}"
        " WHERE s.id IS NULL OR s.states_stamp <> l.stamp) AS c ORDER BY c.id",
    )


def gathered(vendor: str, row: str, of: str) -> str:
    """SQL for one array of an array for each row of a relation, in its order."""
    gather = "json_agg" if vendor == "postgresql" else "json_group_array"
    return f"SELECT {gather}({row}) FROM ({of}) AS gathered"
