"""Kept states that this process has read: each system's by its stamp, so that only those are read again that changed.

Of a thousand systems some change between two readings, and reading what all of them hold takes as long as all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from threading import Lock
from typing import Any, NamedTuple

import msgspec

from accounts.statements import VENDOR, document, listed, matching, to_sql
from accounts.texts import array, instant, joined, read
from rubric.once import Once, SameEach, once
from rubric.states import State
from scores.kept import ALWAYS, Countable, cast_of

MOST_STATES = 200_000
"""How many states are remembered; each takes about 0.3 KiB."""
UNKNOWN = -1


class Kept(Once[tuple[int, Sequence[State]]]):
    """Systems' ids, each with its states, and by id the stamp that these were read with."""

    stamps: Mapping[int, int]


class Known(NamedTuple):
    """What a system's stamp stands for: all of its states that end at `since` or later, ascending."""

    stamp: int
    since: datetime
    states: Sequence[State]


class Memory:
    """Systems' states by the systems' ids; those that were read longest ago make room for others. Threads share it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._states = 0
        self._known: dict[int, Known] = {}
        self._lock = Lock()

    def since(self, key: int, start: datetime) -> Known | None:
        """What is known of a system from `start` on."""
        known = self._known.get(key)
        return known if known is not None and known.since <= start else None

    def keep(self, key: int, known: Known) -> None:
        with self._lock:
            self._forget(key)
            self._known[key] = known
            self._states += len(known.states)
            while self._states > self._most:
                self._forget(next(iter(self._known)))

    def _forget(self, key: int) -> None:
        if (known := self._known.pop(key, None)) is not None:
            self._states -= len(known.states)


_memory = Memory(MOST_STATES)


def states_over(
    systems: Sequence[Countable],
    start: datetime,
    end: datetime = ALWAYS,
    stamps: Mapping[int, int] | None = None,
) -> Kept:
    """The states of each of these systems that end at `start` or later, ascending, with its id, in one statement.

    Of systems whose states are known up to `end`; only up to then they are true. Earlier ones than asked for may come first.
    `stamps` are those of a reading that holds good here: where all that is wanted is known by them, nothing is asked.
    """
    wanted = once(systems)
    latest = _latest(wanted)
    asked = latest.asked
    if asked is None or start < asked.start:
        latest.asked = asked = _asked(wanted, start, [_memory.since(system.pk, start) for system in wanted])
    if stamps is not None and all(stamps.get(key) == stamp for key, stamp in asked.stamps.items()):
        return asked.kept
    told = _read(read(_unless_known(VENDOR), [asked.document, to_sql(end), to_sql(start)]), start)
    if told:
        found = [told.get(system.pk, known) for system, known in zip(wanted, asked.found, strict=True)]
        latest.asked = asked = _asked(wanted, start, found)
    return asked.kept


class _Asked(NamedTuple):
    """What is known of each system from `start` on, and that as the parameter to ask with."""

    start: datetime
    found: Sequence[Known | None]
    stamps: Mapping[int, int]
    kept: Kept
    document: str


class _Latest:
    """What was last known of a list of systems. Threads share it."""

    __slots__ = ("asked",)

    def __init__(self) -> None:
        self.asked: _Asked | None = None


@lru_cache(maxsize=16)
def _latest(systems: Once[Countable]) -> _Latest:
    return _Latest()


def _asked(systems: Once[Countable], start: datetime, found: Sequence[Known | None]) -> _Asked:
    stamps = {system.pk: known.stamp if known else UNKNOWN for system, known in zip(systems, found, strict=True)}
    rows = [(system.pk, system.generation, stamps[system.pk]) for system in systems]
    return _Asked(start, found, stamps, _kept(systems, SameEach(found)), document(rows))


@lru_cache(maxsize=16)
def _kept(systems: Once[Countable], found: SameEach[Known | None]) -> Kept:
    told = [(system.pk, known) for system, known in zip(systems, found.values, strict=True) if known is not None]
    kept = Kept((key, known.states) for key, known in told)
    kept.stamps = {key: known.stamp for key, known in told}
    return kept


def _read(text: str, start: datetime) -> dict[int, Known | None]:
    """What is said of each system: what it has now, which is remembered, or None where its states aren't known."""
    found: dict[int, Known | None] = {}
    for key, rows in groupby(_rows(text), key=itemgetter(0)):
        own = list(rows)
        stamp = own[0][1]
        if stamp is None:
            found[key] = None
            continue
        states = tuple([State(at, rubric, claims, tests) for _, _, at, rubric, claims, tests in own if at is not None])
        found[key] = known = Known(stamp, start, states)
        _memory.keep(key, known)
    return found


_rows = msgspec.json.Decoder(list[tuple[int, int | None, datetime | None, Any, datetime | None, Any]]).decode


@lru_cache
def _unless_known(vendor: str) -> str:
    """Nothing of systems whose states are those of the stamp that is asked with."""
    at = f"%s{cast_of(vendor)}"
    wanted = listed(vendor, "l", system="bigint", generation="bigint", stamp="bigint")
    columns = [
        *("l.system", "s.states_stamp", instant(vendor, "k.at")),
        *("k.rubric", instant(vendor, "k.claims_from"), "k.tests"),
    ]
    states = matching(vendor, "scores_keptstate", "k", f"k.system_id = s.id AND k.until >= {at}", optional=True)
    return joined(
        vendor,
        f"SELECT {array(vendor, *columns)} AS row FROM {wanted} LEFT JOIN assessments_system s"
        f" ON s.id = l.system AND s.generation = l.generation AND s.states_until > {at}"
        f" {states} WHERE s.id IS NULL OR s.states_stamp <> l.stamp ORDER BY l.system, k.until",
    )
