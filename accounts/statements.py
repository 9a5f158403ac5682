"""SQL written by hand where models cost too much: one text for both databases, prepared once by PostgreSQL.

Sets of rows travel as one JSON document, so that a statement's text, and with it its plan, is the same for one row and for
a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from django.conf import settings
from django.db import connection, models

Row = tuple[Any, ...]
Entity = TypeVar("Entity", bound=models.Model)
_encode = msgspec.json.Encoder().encode


def execute(sql: str, parameters: Sequence[Any] = ()) -> None:
    """Run a statement whose rows nobody reads; inside `pipeline` without waiting for its end."""
    with _cursor() as cursor:
        cursor.execute(sql, parameters)


def fetch(sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
    """The rows that a statement answers."""
    with _cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[Row] = cursor.fetchall()
    return rows


@contextmanager
def pipeline() -> Iterator[None]:
    """Statements inside travel together, in their order, where the database can do that: the last line waits for all.

    Where statements are logged one by one, they are sent one by one.
    """
    if connection.vendor != "postgresql" or connection.queries_logged:
        yield
        return
    connection.ensure_connection()
    with connection.connection.pipeline():
        yield


def _cursor() -> Any:
    """A cursor within Django's wrappers; on PostgreSQL one that lets the server bind and prepare.

    Where statements are logged, Django's own takes its place, which knows their text.
    """
    if connection.vendor != "postgresql" or connection.queries_logged:
        return connection.cursor()
    from psycopg import Cursor

    connection.ensure_connection()
    connection.validate_thread_sharing()
    return connection.make_cursor(Cursor(connection.connection))  # type: ignore[arg-type]


def document(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as the parameter that stands for `listed`."""
    return _encode(list(rows)).decode()


@lru_cache
def listed(vendor: str, alias: str, **columns: str) -> str:
    """A relation of the rows in a `document`, to stand in FROM: each column with its type in PostgreSQL."""
    if vendor == "postgresql":
        cells = ", ".join(
            f'(value ->> {place}){"" if kind == "text" else "::" + kind} AS "{name}"'
            for place, (name, kind) in enumerate(columns.items())
        )
        return f"(SELECT {cells} FROM jsonb_array_elements(%s::jsonb) OFFSET 0) AS {alias}"
    cells = ", ".join(f"json_extract(value, '$[{place}]') AS \"{name}\"" for place, name in enumerate(columns))
    return f"(SELECT {cells} FROM json_each(%s)) AS {alias}"


def matching(vendor: str, table: str, alias: str, condition: str) -> str:
    """To join each row of a list to its few rows of a large table, by the table's index whatever the planner guesses."""
    if vendor == "postgresql":
        return f"CROSS JOIN LATERAL (SELECT {alias}.* FROM {table} {alias} WHERE {condition} OFFSET 0) AS {alias}"
    return f"CROSS JOIN {table} AS {alias} ON {condition}"


def to_sql(at: datetime) -> Any:
    """An aware datetime as a parameter of raw SQL, or as a part of a `document`."""
    return connection.ops.adapt_datetimefield_value(at) if settings.SQLITE else at


def columns_of(model: type[models.Model], alias: str) -> str:
    """All columns of a model, to select them for `hydrated`."""
    return ", ".join(f"{alias}.{field.column}" for field in model._meta.concrete_fields)


def hydrated(model: type[Entity], values: Sequence[Any]) -> Entity:
    """The instance that a row of `columns_of` holds."""
    names, converters = _conversions(model, connection.vendor)
    row = list(values)
    for place, converter, expression in converters:
        row[place] = converter(row[place], expression, connection)
    return model.from_db(connection.alias, names, row)


@lru_cache
def _conversions(model: type[models.Model], vendor: str) -> tuple[list[str], list[tuple[int, Callable[..., Any], Any]]]:
    """The names of a model's fields, and what has to be made of which columns, as Django's compiler would."""
    fields = model._meta.concrete_fields
    expressions = [field.get_col(model._meta.db_table) for field in fields]
    found = [
        (place, converter, expression)
        for place, expression in enumerate(expressions)
        for converter in [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]
    ]
    return [field.attname for field in fields], found
