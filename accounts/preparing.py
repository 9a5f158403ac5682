"""The cursor by which `accounts.statements` speaks to PostgreSQL; importing it takes psycopg."""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Connection, RawCursor, adapters
from psycopg.abc import Params, Query

# Where a connection of Django's keeps the cursor, beside its other attributes.
PLACE = "preparing_cursor"


class PreparingCursor(RawCursor[Any]):
    """Takes statements as Django writes them, and lets the server bind and prepare them.

    Instants are read by psycopg's compiled loader: Django's own would cost more than the statements.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        super().__init__(connection)
        kind = adapters.types["timestamptz"].oid
        loader = adapters.get_loader(kind, self.format)
        if loader is not None:
            self.adapters.register_loader(kind, loader)

    def execute(self, query: Query, params: Params | None = None, **options: Any) -> PreparingCursor:
        return super().execute(_numbered(str(query)).encode(), params, **options)


def cursor_on(connection: BaseDatabaseWrapper) -> Any:
    """The cursor of a connection, within Django's wrappers. It stays open as long as its connection."""
    connection.ensure_connection()
    connection.validate_thread_sharing()
    raw = connection.connection
    cursor = getattr(connection, PLACE, None)
    if cursor is None or cursor.connection is not raw:
        cursor = PreparingCursor(raw)
        setattr(connection, PLACE, cursor)
    return connection.make_cursor(cursor)  # type: ignore[arg-type]


@lru_cache(maxsize=256)
def _numbered(sql: str) -> str:
    """The statement with PostgreSQL's own placeholders."""
    first, *rest = sql.split("%s")
    return first + "".join(f"${number}{part}" for number, part in zip(count(1), rest, strict=False))
