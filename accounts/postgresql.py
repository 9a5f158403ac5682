"""Reading instants from PostgreSQL fast: Django's own reader is Python, which pages of thousands of instants wait for."""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


def read_instants_fast(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let a new connection to PostgreSQL read instants by psycopg's compiled reader, where it is installed."""
    if connection.vendor != "postgresql":
        return
    from psycopg import pq

    if pq.__impl__ == "python":
        return
    connection.connection.adapters.register_loader("timestamptz", _loader())


@lru_cache
def _loader() -> type[Any]:
    from psycopg._cmodule import _psycopg

    class UtcLoader(_psycopg.TimestamptzLoader):  # type: ignore[misc, name-defined]
        """Reads in the time zone of the connection, which is UTC; Django asks its reader which one it reads in."""

        timezone = UTC

    return UtcLoader
