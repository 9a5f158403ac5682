"""Reading instants from PostgreSQL fast: pages read thousands, and Django's own reader takes most of their time."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


def read_instants_fast(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let a new connection to PostgreSQL read instants as ISO 8601, which they are in, by the standard library."""
    if connection.vendor == "postgresql":
        connection.connection.adapters.register_loader("timestamptz", instant_loader())


@lru_cache
def instant_loader() -> type[Any]:
    """The reader: Django's, asked only for what is not plain, such as an instant in another time zone or before Christ."""
    from django.db.backends.postgresql.psycopg_any import BaseTzLoader

    class InstantLoader(BaseTzLoader):  # type: ignore[misc]
        timezone = UTC

        def load(self, data: Any) -> datetime:
            try:
                at = datetime.fromisoformat(str(data, "ascii"))
            except ValueError:
                at = super().load(data)
            return at if at.tzinfo is UTC else super().load(data)

    return InstantLoader
