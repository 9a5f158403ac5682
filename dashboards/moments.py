"""Instants that readers ask for in an address."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

FIRST_YEAR, LAST_YEAR = 1990, 2200


def asked_moment(text: str, now: datetime) -> datetime | None:
    """The instant that `?at=` names: a day (its last moment in UTC, or `now` on the day itself) or an RFC 3339 instant.

    None for anything else, and for what lies before FIRST_YEAR or after LAST_YEAR, where no page has anything to show. An
    instant without an offset is read as UTC.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _instant(text)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return None
    if day == now.astimezone(UTC).date():
        return now
    return datetime.combine(day, time.max, UTC)


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
