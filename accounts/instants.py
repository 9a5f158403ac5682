"""Instants in raw SQL: how each database gives them back."""

from __future__ import annotations

from datetime import UTC, datetime


def from_sql(value: datetime | str | None) -> datetime | None:
    """A raw column that may be null as an aware datetime in UTC."""
    return None if value is None else instant_from_sql(value)


def instant_from_sql(value: datetime | str) -> datetime:
    """A raw column as an aware datetime in UTC: SQLite answers text where the column's type is lost in a union."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    if at.tzinfo is UTC:
        return at
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
