"""Summing kept states up: what trends are drawn from, counted by the database. See `scores.kept`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from accounts.statements import SQLITE, VENDOR, document, listed, to_sql
from accounts.texts import array, instant, joined, read
from rubric.definition import Rubric
from rubric.once import once
from scores.kept import MOMENT, Countable, Known, cast_of, covered, wanted


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What kept states tell of how many systems stand where, by the position of the instant that first sees a change.

    `counts` are (kind, number, count), the kinds those of `scores.crowd.Crowd`; `points` are sums by category. `untold` are
    the keys of those systems that it tells nothing of; None: of all. It equals itself alone.
    """

    untold: frozenset[int] | None
    counts: Mapping[int, Sequence[tuple[str, int, int]]]
    points: Mapping[int, Sequence[int]]

    def others(self, systems: Sequence[Known]) -> list[Known]:
        """Those that it doesn't tell of."""
        untold = self.untold
        return list(systems) if untold is None else [system for system in systems if system.pk in untold]


NOTHING = Counted(None, {}, {})


def counted(systems: Sequence[Countable], rubric: Rubric, ends: Sequence[datetime]) -> Counted:
    """How many of these systems stand where at each of the ascending instants, in one statement.

    Each counts from its first state by this rubric until it is retired.
    """
    first, last = to_sql(ends[0]), to_sql(ends[-1])
    passed = [end + MOMENT for end in ends]
    # The text of an array takes psycopg a tenth of the time of an array.
    bounds = document([[to_sql(at)] for at in passed]) if SQLITE else f"{{{','.join(map(datetime.isoformat, passed))}}}"
    values = [wanted(once(systems)), last, bounds, rubric.key, last, first]
    return _counted(read(_counts(VENDOR, len(rubric.categories)), values))


@lru_cache(maxsize=16)
def _counted(text: str) -> Counted:
    untold: set[int] = set()
    counts: dict[int, list[tuple[str, int, int]]] = {}
    points: dict[int, list[int]] = {}
    for kind, place, number, count, *sums in _rows(text):
        if kind == "untold":
            untold.add(number)
        elif kind == "points":
            points[place] = sums
        else:
            counts.setdefault(place, []).append((kind, number, count))
    return Counted(frozenset(untold), counts, points)


_rows = msgspec.json.Decoder(list[list[Any]]).decode


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
    nothing = ", ".join(f"0 AS p{index}" for index in places)
    measures = " UNION ALL ".join(
        f"SELECT '{kind}', place, {kind}, sum(count), {nothing} FROM steps GROUP BY place, {kind}"
        for kind in ("score", "verified", "limits")
    )
    at = f"%s{cast_of(vendor)}"
    names = [f"p{index}" for index in places]
    told = f"""
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
SELECT {array(vendor, "kind", "place", "number", "count", *names)} AS row FROM (
SELECT 'untold' AS kind, 0 AS place, l.system AS number, 0 AS count, {nothing} FROM wanted l
 WHERE NOT EXISTS (SELECT 1 FROM covered s WHERE s.id = l.system)
UNION ALL {measures}
UNION ALL SELECT 'points', place, 0, 0, {", ".join(f"sum(p{index})" for index in places)} FROM steps GROUP BY place
) AS told ORDER BY kind, place, number"""
    return joined(vendor, told)


def highest(systems: Sequence[Countable], now: datetime) -> tuple[Mapping[str, tuple[datetime, int]], frozenset[int]]:
    """By rubric, when it first scored any of these systems, and the highest score up to `now` in its units.

    And the keys of the systems that this tells of. In one statement.
    """
    return _told(read(_highest(VENDOR), [wanted(once(systems)), to_sql(now), to_sql(now)]))


@lru_cache(maxsize=16)
def _told(text: str) -> tuple[Mapping[str, tuple[datetime, int]], frozenset[int]]:
    rows = _scales(text)
    found = {rubric: (first, number) for rubric, first, number in rows if rubric is not None and first is not None}
    return found, frozenset([number for rubric, _, number in rows if rubric is None])


_scales = msgspec.json.Decoder(list[tuple[str | None, datetime | None, int]]).decode


@lru_cache
def _highest(vendor: str) -> str:
    once = "MATERIALIZED" if vendor == "postgresql" else ""
    scale = array(vendor, "k.rubric", instant(vendor, "min(k.at)"), "max(k.score)")
    return f"WITH covered AS {once} (SELECT s.id FROM {covered(vendor)}) " + joined(
        vendor,
        f"SELECT {scale} AS row FROM covered s JOIN scores_keptstate k ON k.system_id = s.id"
        f" WHERE k.at <= %s{cast_of(vendor)} GROUP BY k.rubric"
        f" UNION ALL SELECT {array(vendor, 'NULL', 'NULL', 's.id')} FROM covered s",
    )
