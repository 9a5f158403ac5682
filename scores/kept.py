"""Reading kept states: of systems whose mark lies beyond what is asked for. The others are counted from claims and spans.

Each statement looks at the marks itself, so that what it answers was true at one moment. It tells of no system whose spans
were swapped since the system was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from accounts.statements import VENDOR, document, listed, to_sql
from accounts.texts import array, instant, joined, read
from assessments.entries import Listed
from rubric.loader import builtin
from rubric.once import Once, once
from rubric.states import EVER, of_digits
from scores.reading import score_of
from scores.stands import tests_of
from scores.tallied import Tallied

MOMENT = timedelta(microseconds=1)
ALWAYS = EVER - MOMENT
"""An instant before which only a mark lies that says that all is known."""


def order_of(system: Listed) -> tuple[str, ...]:
    """The tests of all editions that a system has had, in the order of its states' digits; a further one adds to the end."""
    return tests_of(tuple(system.edition_keys))


@lru_cache(maxsize=4096)
def known(rubric: str, digits: str, tests: tuple[str, ...]) -> Tallied:
    """What a state's digits say on a rubric's scale; few states differ, and counting one takes longer than all the rest."""
    levels = of_digits(digits, tests).levels
    return Tallied(levels, score_of(builtin()[rubric], levels, EVER))


class Course(NamedTuple):
    """The state of a system at an instant and all that follow: its edition, their digits, divided by commas, and their ends.

    The last one never ends.
    """

    rubric: str
    tests: str
    ends: Sequence[datetime]


def ahead_of(systems: Sequence[Listed], now: datetime) -> Once[tuple[int, Course | None]]:
    """The course of systems from `now` on, with each one's id, in one statement; None where nothing was recorded yet.

    Only of systems whose states are known for ever.
    """
    return _courses(read(_ahead(VENDOR), [to_sql(now), wanted(once(systems)), to_sql(ALWAYS), to_sql(now)]))


@lru_cache(maxsize=16)
def _courses(text: str) -> Once[tuple[int, Course | None]]:
    found: list[tuple[int, Course | None]] = []
    for key, rows in groupby(_course_rows(text), key=itemgetter(0)):
        (_, begun, rubric, _, _), *_ = own = list(rows)
        ends = [until for *_, until in own[:-1] if until is not None]
        course = (
            Course(rubric, ",".join([tests or "" for _, _, _, tests, _ in own]), ends) if begun and rubric else None
        )
        found.append((key, course))
    return Once(found)


_course_rows = msgspec.json.Decoder(list[tuple[int, int | bool | None, str | None, str | None, datetime | None]]).decode


@lru_cache(maxsize=64)
def wanted(systems: Once[Countable]) -> str:
    """These systems as the parameter of `covered`."""
    return document([(system.pk, system.generation) for system in systems])


def covered(vendor: str) -> str:
    """Those of a list of systems whose mark lies after an instant, to stand in FROM as `s`; the parameters are both."""
    wanted = listed(vendor, "l", system="bigint", generation="bigint")
    return (
        f"(SELECT s.id, s.retired_at FROM {wanted} JOIN assessments_system s"
        f" ON s.id = l.system AND s.generation = l.generation WHERE s.states_until > %s{cast_of(vendor)}) AS s"
    )


@lru_cache
def _ahead(vendor: str) -> str:
    at = f"%s{cast_of(vendor)}"
    columns = array(vendor, "s.id", f"k.at <= {at}", "k.rubric", "k.tests", instant(vendor, "k.until"))
    return joined(
        vendor,
        f"SELECT {columns} AS row FROM {covered(vendor)}"
        f" LEFT JOIN scores_keptstate k ON k.system_id = s.id AND k.until > {at} ORDER BY s.id, k.until",
    )


def cast_of(vendor: str) -> str:
    """What makes a parameter an instant."""
    return "::timestamptz" if vendor == "postgresql" else ""


class Countable(Protocol):
    """A system's key, and the generation of its spans when it was read."""

    @property
    def pk(self) -> int: ...
    @property
    def generation(self) -> int: ...


Known = TypeVar("Known", bound=Countable)
