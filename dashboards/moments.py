"""Instants that readers ask for in an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from urllib.parse import quote

from django.core.exceptions import BadRequest

FIRST_YEAR, LAST_YEAR = 1990, 2200


@dataclass(frozen=True, slots=True)
class AsOf:
    """The instant (aware) that a page shows; `past` where it is not the present, `query` then leads there: `?at=...`."""

    at: datetime
    past: bool = False
    query: str = ""


def as_of(values: Mapping[str, str], now: datetime) -> AsOf:
    """What `at` of an address asks for. Raises BadRequest for what is no instant."""
    asked = values.get("at", "")
    at = moment_of(asked, now)
    return AsOf(now) if at == now else AsOf(at, True, f"?at={quote(asked)}")


def exactly(at: datetime) -> str:
    """This instant as an address names it: RFC 3339 in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=4096)
def query_at(at: datetime) -> str:
    """What leads to a page as of exactly this instant: `?at=...`."""
    return f"?at={quote(exactly(at))}"


def address_at(address: str, at: datetime) -> str:
    """A page's address as of exactly this instant; it may have a query part already."""
    return f"{address}&{query_at(at)[1:]}" if "?" in address else address + query_at(at)


def moment_of(asked: str, now: datetime) -> datetime:
    """The instant that an address asks for, `now` where it asks for none. Raises BadRequest for what is no instant."""
    at = asked_moment(asked, now) if asked else now
    if at is None:
        raise BadRequest("A date is a day such as 2026-11-03, or an instant such as 2026-11-03T09:30:00Z.")
    return at


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
