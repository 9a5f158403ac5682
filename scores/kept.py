"""Reading kept states: of systems whose mark lies beyond what is asked for. The others are counted from claims and spans.

Each statement looks at the marks itself, so that what it answers was true at one moment. It tells of no system whose spans
were swapped since the system was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from accounts.instants import from_sql, instant_from_sql
from accounts.statements import SQLITE, VENDOR, document, fetch, listed, to_sql
from assessments.entries import Listed
from rubric.definition import Rubric
from rubric.loader import builtin
from rubric.states import EVER, State, of_digits
from scores.reading import score_of
from scores.stands import Stand, tests_of
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


def stands_at(systems: Sequence[Listed], *instants: datetime) -> dict[int, list[Stand | None]]:
    """How systems stand at each of these instants, by system id, in one statement; None where nothing was recorded yet.

    Only of systems whose states are known at all of them.
    """
    editions = {system.pk: tuple(system.edition_keys) for system in systems}
    values = [_wanted(systems), to_sql(max(instants)), *(to_sql(at) for at in instants for _ in range(2))]
    rows = fetch(_all_at(VENDOR, len(instants)), values)
    found: dict[int, list[Stand | None]] = {row[0]: [] for row in rows}
    for first in range(1, 1 + STAND * len(instants), STAND):
        # An array of PostgreSQL has braces for brackets.
        texts = ",".join([row[first + STAND - 1] or "null" for row in rows]).replace("{", "[").replace("}", "]")
        points = _points(f"[{texts}]")
        for row, earned in zip(rows, points, strict=True):
            key, rubric = row[0], row[first]
            stand = None
            if rubric is not None:
                tests, score, verified, limits = row[first + 1 : first + STAND - 1]
                stand = Stand(rubric, editions[key], tests, score, verified, earned or (), limits)
            found[key].append(stand)
    return found


class Course(NamedTuple):
    """The state of a system at an instant and all that follow: its edition, their digits, divided by commas, and their ends.

    The last one never ends.
    """

    rubric: str
    tests: str
    ends: Sequence[datetime]


def ahead_of(systems: Sequence[Listed], now: datetime) -> dict[int, Course | None]:
    """The course of systems from `now` on, by system id, in one statement; None where nothing was recorded yet.

    Only of systems whose states are known for ever.
    """
    texts: dict[int, list[str]] = {}
    ends: dict[int, list[datetime]] = {}
    rubrics: dict[int, str | None] = {}
    values = [to_sql(now), _wanted(systems), to_sql(ALWAYS), to_sql(now)]
    for key, begun, rubric, tests, until in fetch(_ahead(VENDOR), values):
        own = texts.get(key)
        if own is None:
            texts[key], ends[key], rubrics[key] = [tests], [until], rubric if begun else None
        else:
            own.append(tests)
            ends[key].append(until)
    return {
        key: Course(rubric, ",".join(texts[key]), [instant_from_sql(at) for at in ends[key][:-1]]) if rubric else None
        for key, rubric in rubrics.items()
    }


def states_over(
    systems: Sequence[Countable], start: datetime, end: datetime = ALWAYS, *, ended: bool = False
) -> dict[int, list[State]]:
    """The states that hold at any instant of [start, end], ascending, by system id, in one statement.

    `ended` adds the one that ends at `start`.
    """
    sql = _all_of_each(VENDOR, ended)
    found: dict[int, list[State]] = {}
    for key, begins, rubric, claims_from, tests in fetch(
        sql, [_wanted(systems), to_sql(end), to_sql(start), to_sql(end)]
    ):
        own = found.setdefault(key, [])
        if begins is not None:
            own.append(State(instant_from_sql(begins), rubric, from_sql(claims_from), tests))
    return found


def _wanted(systems: Sequence[Countable]) -> str:
    return document([(system.pk, system.generation) for system in systems])


def covered(vendor: str) -> str:
    """Those of a list of systems whose mark lies after an instant, to stand in FROM as `s`; the parameters are both."""
    wanted = listed(vendor, "l", system="bigint", generation="bigint")
    return (
        f"(SELECT s.id, s.retired_at FROM {wanted} JOIN assessments_system s"
        f" ON s.id = l.system AND s.generation = l.generation WHERE s.states_until > %s{_instant(vendor)}) AS s"
    )


COLUMNS = "k.at, k.rubric, k.claims_from, k.tests"
STAND = len(("rubric", "tests", "score", "verified", "limits", "points"))
_points = msgspec.json.Decoder(list[tuple[int, ...] | None]).decode


@lru_cache
def _all_at(vendor: str, instants: int) -> str:
    at, text = f"%s{_instant(vendor)}", "::text" if vendor == "postgresql" else ""
    names = [f"k{place}" for place in range(instants)]
    columns = ", ".join(f"{k}.rubric, {k}.tests, {k}.score, {k}.verified, {k}.limits, {k}.points{text}" for k in names)
    joins = " ".join(
        f"LEFT JOIN scores_keptstate {k} ON {k}.at <= {at} AND {k}.id ="
        f" (SELECT x.id FROM scores_keptstate x WHERE x.system_id = s.id AND x.until > {at} ORDER BY x.until LIMIT 1)"
        for k in names
    )
    return f"SELECT s.id, {columns} FROM {covered(vendor)} {joins}"


@lru_cache
def _ahead(vendor: str) -> str:
    at = f"%s{_instant(vendor)}"
    return (
        f"SELECT s.id, k.at <= {at}, k.rubric, k.tests, k.until FROM {covered(vendor)}"
        f" LEFT JOIN scores_keptstate k ON k.system_id = s.id AND k.until > {at} ORDER BY s.id, k.until"
    )


@lru_cache
def _all_of_each(vendor: str, ended: bool) -> str:
    at = f"%s{_instant(vendor)}"
    return (
        f"SELECT s.id, {COLUMNS} FROM {covered(vendor)} LEFT JOIN scores_keptstate k ON k.system_id = s.id"
        f" AND k.until {'>=' if ended else '>'} {at} AND k.at <= {at} ORDER BY s.id, k.until"
    )


def _instant(vendor: str) -> str:
    return "::timestamptz" if vendor == "postgresql" else ""


class Countable(Protocol):
    """A system's key, and the generation of its spans when it was read."""

    @property
    def pk(self) -> int: ...
    @property
    def generation(self) -> int: ...


Known = TypeVar("Known", bound=Countable)


@dataclass(frozen=True, slots=True)
class Counted:
    """What kept states tell of how many systems stand where, by the position of the instant that first sees a change.

    `counts` are (kind, number, count), the kinds those of `scores.crowd.Crowd`; `points` are sums by category. `untold` are
    the keys of those systems that it tells nothing of; None: of all.
    """

    untold: set[int] | None
    counts: dict[int, list[tuple[str, int, int]]]
    points: dict[int, list[int]]

    @classmethod
    def nothing(cls) -> Counted:
        return cls(None, {}, {})

    def others(self, systems: Sequence[Known]) -> list[Known]:
        """Those that it doesn't tell of."""
        untold = self.untold
        return list(systems) if untold is None else [system for system in systems if system.pk in untold]


def counted(systems: Sequence[Countable], rubric: Rubric, ends: Sequence[datetime]) -> Counted:
    """How many of these systems stand where at each of the ascending instants, in one statement.

    Each counts from its first state by this rubric until it is retired.
    """
    first, last = to_sql(ends[0]), to_sql(ends[-1])
    passed = [end + MOMENT for end in ends]
    bounds: Any = document([[to_sql(at)] for at in passed]) if SQLITE else passed
    values = [_wanted(systems), last, bounds, rubric.key, last, first]
    untold: set[int] = set()
    counts: dict[int, list[tuple[str, int, int]]] = {}
    points: dict[int, list[int]] = {}
    for kind, place, number, count, *sums in fetch(_counts(VENDOR, len(rubric.categories)), values):
        if kind == "untold":
            untold.add(number)
        elif kind == "points":
            points[place] = sums
        else:
            counts.setdefault(place, []).append((kind, number, count))
    return Counted(untold, counts, points)


@lru_cache
def _counts(vendor: str, categories: int) -> str:
    """Each state changes counts twice: where it begins, and where it ends; what no bound sees counts nothing.

    Changes are summed up by all that is counted first, as few differ, and then by each of it.
    """
    postgresql = vendor == "postgresql"
    if postgresql:
        bounds = "SELECT %s::timestamptz[] AS passed"
        place, beside, most = "width_bucket({}, b.passed)", ", bounds b", "array_length(b.passed, 1)"
        value = "k.points[{} + 1]"
    else:
        bounds = f"SELECT at FROM {listed(vendor, 'l', at='timestamptz')}"
        place = "(SELECT count(*) FROM bounds b WHERE b.at <= {})"
        beside, most = "", "(SELECT count(*) FROM bounds)"
        value = "json_extract(k.points, '$[{}]')"
    until = "CASE WHEN s.retired_at < k.until THEN s.retired_at ELSE k.until END"
    places = range(categories)
    own = ", ".join(f"{value.format(index)} AS p{index}" for index in places)
    sums = ", ".join(f"CAST(sum(sign * p{index}) AS integer) AS p{index}" for index in places)
    once = "MATERIALIZED" if postgresql else ""
    nothing = ", ".join("0" for _ in places)
    measures = " UNION ALL ".join(
        f"SELECT '{kind}', place, {kind}, sum(count), {nothing} FROM steps GROUP BY place, {kind}"
        for kind in ("score", "verified", "limits")
    )
    at = f"%s{_instant(vendor)}"
    return f"""
WITH wanted AS {once} (SELECT system, generation FROM {listed(vendor, "l", system="bigint", generation="bigint")}),
covered AS {once} (SELECT s.id, s.retired_at FROM wanted l JOIN assessments_system s
 ON s.id = l.system AND s.generation = l.generation WHERE s.states_until > {at}),
bounds AS {once} ({bounds}),
steps AS {once} (
 SELECT CASE WHEN sign > 0 THEN begins ELSE ends END AS place, score, verified, limits,
  CAST(sum(sign) AS integer) AS count, {sums}
 FROM (SELECT {place.format("k.at")} AS begins, {place.format(until)} AS ends, {most} AS places,
  k.score, k.verified, k.limits, {own}
  FROM covered s JOIN scores_keptstate k ON k.system_id = s.id{beside}
  WHERE k.rubric = %s AND k.at <= {at} AND k.until > {at}) AS visible
 CROSS JOIN (SELECT 1 AS sign UNION ALL SELECT -1) AS signs
 WHERE begins < ends AND (sign > 0 OR ends < places)
 GROUP BY 1, score, verified, limits)
SELECT 'untold' AS kind, 0 AS place, l.system AS number, 0 AS count, {nothing} FROM wanted l
 WHERE NOT EXISTS (SELECT 1 FROM covered s WHERE s.id = l.system)
UNION ALL {measures}
UNION ALL SELECT 'points', place, 0, 0, {", ".join(f"sum(p{index})" for index in places)} FROM steps GROUP BY place"""


def highest(systems: Sequence[Countable], now: datetime) -> tuple[dict[str, tuple[datetime, int]], set[int]]:
    """By rubric, when it first scored any of these systems, and the highest score up to `now` in its units.

    And the keys of the systems that this tells of. In one statement.
    """
    found, told = {}, set()
    for rubric, first, number in fetch(_highest(VENDOR), [_wanted(systems), to_sql(now), to_sql(now)]):
        if rubric is None:
            told.add(number)
        else:
            found[rubric] = (instant_from_sql(first), number)
    return found, told


@lru_cache
def _highest(vendor: str) -> str:
    once = "MATERIALIZED" if vendor == "postgresql" else ""
    return (
        f"WITH covered AS {once} (SELECT s.id FROM {covered(vendor)})"
        " SELECT k.rubric, min(k.at), max(k.score) FROM covered s JOIN scores_keptstate k ON k.system_id = s.id"
        f" WHERE k.at <= %s{_instant(vendor)} GROUP BY k.rubric UNION ALL SELECT NULL, NULL, s.id FROM covered s"
    )
