"""How systems stand at instants, from kept states: digits and whole numbers as one text. See `scores.kept`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from accounts.statements import VENDOR, to_sql
from accounts.texts import array, joined, read
from assessments.entries import Listed
from rubric.once import Once
from scores.kept import cast_of, covered, wanted
from scores.stands import Stand

Stands = Sequence[Stand | None]


def stands_at(systems: Once[Listed], *instants: datetime) -> Once[Stands | None]:
    """How each of these systems stands at each of these instants, in one statement; None where nothing was recorded yet.

    None in place of a system whose states are not known at all of them.
    """
    values = [wanted(systems), to_sql(max(instants)), *(to_sql(at) for at in instants for _ in range(2))]
    return _stands(systems, read(_all_at(VENDOR, len(instants)), values))


@lru_cache(maxsize=16)
def _stands(systems: Once[Listed], text: str) -> Once[Stands | None]:
    told: dict[int, Sequence[Any]] = {key: own for key, *own in _rows(text)}
    return Once(_of(system, told[system.pk]) if system.pk in told else None for system in systems)


def _of(system: Listed, rows: Sequence[Any]) -> Stands:
    editions = tuple(system.edition_keys)
    return tuple(
        [
            None if row is None else Stand(row[0], editions, row[1], row[2], row[3], tuple(row[4]), row[5])
            for row in rows
        ]
    )


_rows = msgspec.json.Decoder(list[list[Any]]).decode


@lru_cache
def _all_at(vendor: str, instants: int) -> str:
    at = f"%s{cast_of(vendor)}"
    names = [f"k{place}" for place in range(instants)]
    stands = [f"CASE WHEN {k}.id IS NOT NULL THEN {_stand(vendor, k)} END" for k in names]
    if vendor == "sqlite":
        # What a CASE gives is text to SQLite, whatever it was.
        stands = [f"json({stand})" for stand in stands]
    joins = " ".join(
        f"LEFT JOIN scores_keptstate {k} ON {k}.at <= {at} AND {k}.id ="
        f" (SELECT x.id FROM scores_keptstate x WHERE x.system_id = s.id AND x.until > {at} ORDER BY x.until LIMIT 1)"
        for k in names
    )
    return joined(
        vendor, f"SELECT {array(vendor, 's.id', *stands)} AS row FROM {covered(vendor)} {joins} ORDER BY s.id"
    )


def _stand(vendor: str, k: str) -> str:
    points = f"{k}.points" if vendor == "postgresql" else f"json({k}.points)"
    return array(vendor, f"{k}.rubric", f"{k}.tests", f"{k}.score", f"{k}.verified", points, f"{k}.limits")
