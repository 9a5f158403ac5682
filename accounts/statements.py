"""SQL written by hand where models cost too much: one text for both databases, prepared once by PostgreSQL.

Sets of rows travel as one JSON document, so that a statement's text, and with it its plan, is the same for one row and for
a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.base import ModelState

Row = tuple[Any, ...]
# Names with their types in PostgreSQL.
Columns = tuple[tuple[str, str], ...]
Entity = TypeVar("Entity", bound=models.Model)
# Known from the settings on: asking the connection, or the settings, once for each value costs more than the value.
SQLITE: bool = settings.SQLITE
VENDOR = "sqlite" if SQLITE else "postgresql"
_encode = msgspec.json.Encoder().encode
if not SQLITE:
    from accounts.preparing import rows_on


@dataclass(frozen=True, slots=True)
class Write:
    """A statement that writes, its parameters, and the name that those beside it know its RETURNING rows by."""

    name: str
    sql: str
    parameters: Sequence[Any]


def fetch(sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
    """The rows that a statement answers."""
    connection = connections[DEFAULT_DB_ALIAS]
    if SQLITE or connection.queries_logged:
        # Django's own cursor, which logs statements; on PostgreSQL the server binds and prepares them otherwise.
        cursor = connection.cursor()
        cursor.execute(sql, parameters)
        rows: list[Row] = cursor.fetchall()
        return rows
    return rows_on(connection, sql, parameters)


def store(writes: Sequence[Write], answer: str = "SELECT ''") -> str | None:
    """Run these statements: PostgreSQL as the parts of a single one, SQLite one after the other.

    No part may rely on rows that another part writes, unless it reads them through `returned`. PostgreSQL answers the text
    that this query finds, which knows the parts by their names, or None; SQLite ''.
    """
    if SQLITE:
        for write in writes:
            fetch(write.sql, write.parameters)
        return ""
    if not writes:
        return ""
    parameters = [value for write in writes for value in write.parameters]
    rows = fetch(_joined(tuple([(write.name, write.sql) for write in writes]), answer), parameters)
    return rows[0][0] if rows else None


@lru_cache
def _joined(parts: tuple[tuple[str, str], ...], answer: str) -> str:
    return f"WITH {', '.join(f'{name} AS ({sql})' for name, sql in parts)} {answer}"


def returned(vendor: str, name: str, table: str) -> str:
    """The relation in which one write finds what another, of this name, wrote to a table."""
    return name if vendor == "postgresql" else table


def document(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as the parameter that stands for `listed`."""
    return _encode(list(rows)).decode()


@lru_cache
def listed(vendor: str, alias: str, **columns: str) -> str:
    """A relation of the rows in a `document`, to stand in FROM: each column with its type in PostgreSQL."""
    if vendor == "postgresql":
        return f"(SELECT {_cells(tuple(columns.items()), 'value')} FROM jsonb_array_elements(%s::jsonb) OFFSET 0) AS {alias}"
    cells = ", ".join(f"json_extract(value, '$[{place}]') AS \"{name}\"" for place, name in enumerate(columns))
    return f"(SELECT {cells} FROM json_each(%s)) AS {alias}"


def shelved(rows: Iterable[tuple[Row, Row]]) -> str:
    """Rows as the parameter that stands for `listed_on_shelves`: pairs of what a row shares with others and of its own.

    What rows that follow each other share is written, and read, but once. SQLite, which reads a text of JSON anew for each
    cell, gets them one by one.
    """
    if SQLITE:
        return document([*shared, *own] for shared, own in rows)
    shelves: list[list[Any]] = []
    last: Row | None = None
    for shared, own in rows:
        if shared != last:
            last = shared
            shelves.append([*shared, []])
        shelves[-1][-1].append(own)
    return _encode(shelves).decode()


@lru_cache
def listed_on_shelves(vendor: str, alias: str, shared: Columns, own: Columns) -> str:
    """The relation of the rows that are `shelved`, to stand in FROM: each column with its type in PostgreSQL."""
    if vendor == "sqlite":
        return listed(vendor, alias, **dict((*shared, *own)))
    return (
        f"(SELECT {_names(shared, 'shelf')}, {_cells(own, 'item.value')} FROM (SELECT {_cells(shared, 'value')},"
        f" value -> {len(shared)} AS items FROM jsonb_array_elements(%s::jsonb) OFFSET 0) AS shelf"
        f" CROSS JOIN jsonb_array_elements(shelf.items) AS item OFFSET 0) AS {alias}"
    )


def _names(columns: Columns, alias: str) -> str:
    return ", ".join(f'{alias}."{name}"' for name, _ in columns)


def _cells(columns: Columns, array: str) -> str:
    """The cells of an array of PostgreSQL's, each as its type."""
    return ", ".join(f'{_cell(array, place, kind)} AS "{name}"' for place, (name, kind) in enumerate(columns))


def _cell(array: str, place: int, kind: str) -> str:
    if kind == "jsonb":
        return f"({array} -> {place})"
    return f"({array} ->> {place}){'' if kind == 'text' else '::' + kind}"


@lru_cache
def one(vendor: str, alias: str, **columns: str) -> str:
    """The same relation where there is a single row, whose values are parameters: the planner takes them for constants."""
    cells = ", ".join(
        f'%s{"::" + kind if vendor == "postgresql" else ""} AS "{name}"' for name, kind in columns.items()
    )
    return f"(SELECT {cells}) AS {alias}"


def matching(vendor: str, table: str, alias: str, condition: str, *, optional: bool = False) -> str:
    """To join each row of a list to its few rows of a large table, by the table's index whatever the planner guesses.

    Rows of the list without any are left out, unless these are `optional`.
    """
    if vendor == "postgresql":
        kind, on = ("LEFT", " ON true") if optional else ("CROSS", "")
        return f"{kind} JOIN LATERAL (SELECT {alias}.* FROM {table} {alias} WHERE {condition} OFFSET 0) AS {alias}{on}"
    return f"{'LEFT' if optional else 'CROSS'} JOIN {table} AS {alias} ON {condition}"


def to_sql(at: datetime) -> Any:
    """An aware datetime as a parameter of raw SQL, or as a part of a `document`."""
    return connections[DEFAULT_DB_ALIAS].ops.adapt_datetimefield_value(at) if SQLITE else at


def shifted(vendor: str, instant: str, hours: str) -> str:
    """SQL for an instant so many whole hours later. SQLite keeps instants as texts, whose fractions stay as they are."""
    if vendor == "postgresql":
        return f"{instant} + ({hours}) * interval '1 hour'"
    return f"datetime(substr({instant}, 1, 19), ({hours}) || ' hours') || substr({instant}, 20)"


def columns_of(model: type[models.Model], alias: str) -> str:
    """All columns of a model, to select them for `hydrated`."""
    return ", ".join(f"{alias}.{field.column}" for field in model._meta.concrete_fields)


def partly(model: type[Entity], names: Iterable[str], values: Iterable[Any]) -> Entity:
    """An instance of which these columns are known, as their fields hold them; others are loaded when they are asked for.

    What Django's constructor does besides takes longer than most of what such an instance is made for.
    """
    instance = model.__new__(model)
    instance._state = state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    instance.__dict__.update(zip(names, values, strict=True))
    return instance


def hydrated(model: type[Entity], values: Sequence[Any]) -> Entity:
    """The instance that a row of `columns_of` holds."""
    return partly(model, names_of(model), converted(model, values))


def converted(model: type[models.Model], values: Sequence[Any]) -> Row:
    """What the fields of a model hold for a row of `columns_of`."""
    connection = connections[DEFAULT_DB_ALIAS]
    row = list(values)
    for place, converter, expression in _conversions(model):
        row[place] = converter(row[place], expression, connection)
    return tuple(row)


@lru_cache
def names_of(model: type[models.Model]) -> tuple[str, ...]:
    """The names of a model's fields, in the order of `columns_of`."""
    return tuple(field.attname for field in model._meta.concrete_fields)


@lru_cache
def _conversions(model: type[models.Model]) -> list[tuple[int, Callable[..., Any], Any]]:
    """What has to be made of which columns of a model, as Django's compiler would."""
    connection = connections[DEFAULT_DB_ALIAS]
    fields = model._meta.concrete_fields
    expressions = [field.get_col(model._meta.db_table) for field in fields]
    return [
        (place, converter, expression)
        for place, expression in enumerate(expressions)
        for converter in [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]
    ]
