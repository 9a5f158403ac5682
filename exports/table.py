"""What an export consists of: tables, each with its columns and a way to read its rows without holding them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import Membership, Token
from assessments.models import System

Reader = Membership | Token
Row = Sequence[Any]
Convert = Callable[[Any], Any]

FETCHED = 500
"""How many rows are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Source:
    """Whose data are read, as of which instant (aware): those of the reader's organisation, of the systems they may see."""

    reader: Reader
    at: datetime

    def systems(self) -> list[System]:
        """Every visible system with its organisation, by slug."""
        return list(System.objects.visible_to(self.reader).select_related("organisation").order_by("slug"))


@dataclass(frozen=True, slots=True)
class Table:
    """One file of an export.

    `columns` are the names of a row's values. `counted` gives the rows to count, None where they are made as they are
    read. `restricted` ones hold what the API does not tell to every token that may read.
    """

    name: str
    title: str
    holds: str
    columns: Sequence[str]
    read: Callable[[Source], Iterator[Row]]
    counted: Callable[[Reader], QuerySet[Any]] | None = None
    restricted: bool = False


def stored(
    name: str,
    title: str,
    holds: str,
    columns: Mapping[str, str],
    rows: Callable[[Reader], QuerySet[Any]],
    order: Sequence[str],
    *,
    restricted: bool = False,
    convert: Mapping[str, Convert] | None = None,
) -> Table:
    """A table of stored rows; `columns` gives the path of each column's field, `convert` what is made of its values."""

    def read(source: Source) -> Iterator[Row]:
        return _fetched(rows(source.reader).order_by(*order), columns, convert or {})

    return Table(name, title, holds, list(columns), read, rows, restricted)


def by_system(
    name: str,
    title: str,
    holds: str,
    columns: Mapping[str, str],
    rows: Callable[[Reader], QuerySet[Any]],
    of_system: Callable[[System], QuerySet[Any]],
    order: Sequence[str],
    *,
    convert: Mapping[str, Convert] | None = None,
) -> Table:
    """As `stored`, for what there may be very much of: one system after the other.

    With `order` after the system's index no database has to sort it, or to pass over other tenants' rows.
    """

    def read(source: Source) -> Iterator[Row]:
        for system in source.systems():
            yield from _fetched(of_system(system).order_by(*order), columns, convert or {})

    return Table(name, title, holds, list(columns), read, rows)


def _fetched(rows: QuerySet[Any], columns: Mapping[str, str], convert: Mapping[str, Convert]) -> Iterator[Row]:
    fetched = rows.values_list(*columns.values()).iterator(chunk_size=FETCHED)
    if not convert:
        return fetched
    places = [(list(columns).index(name), change) for name, change in convert.items()]
    return _converted(fetched, places)


def _converted(rows: Iterator[Row], places: Sequence[tuple[int, Convert]]) -> Iterator[Row]:
    for row in rows:
        values = list(row)
        for place, change in places:
            values[place] = change(values[place])
        yield values


def same(*names: str) -> dict[str, str]:
    """Columns that are called as their fields are."""
    return {name: name for name in names}
