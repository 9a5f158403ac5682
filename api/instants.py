"""Instants as the API reads and writes them: RFC 3339 with an offset in, UTC with `Z` out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

INSTANT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII
)
# A "+" that a client left unescaped in a query string arrives as a space.
UNESCAPED_PLUS = re.compile(r"(.*:\d{2}(?:\.\d+)?) (\d{2}:\d{2})", re.ASCII)
EXPLANATION = "An instant as RFC 3339 has it, with an offset, such as 2026-11-21T09:30:00Z."


def read_instant(text: str) -> datetime:
    """The instant that a text names, aware, in UTC; fractions finer than microseconds are cut off.

    Raises ValueError for whatever is not RFC 3339 with an offset, or lies outside the years 1 to 9999.
    """
    match = INSTANT.fullmatch(text)
    if match is None:
        raise ValueError(EXPLANATION)
    *numbers, fraction, sign, hours, minutes = match.groups()
    year, month, day, hour, minute, second = map(int, numbers)
    offset = timedelta(hours=int(hours), minutes=int(minutes)) if sign else timedelta(0)
    zone = timezone(-offset if sign == "-" else offset)
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(EXPLANATION) from error


def read_query_instant(text: str) -> datetime:
    """As `read_instant`, for a query parameter, where a client may have forgotten to escape the offset's plus."""
    return read_instant(UNESCAPED_PLUS.sub(r"\1+\2", text))


def write_instant(at: datetime) -> str:
    """An aware datetime in UTC with `Z`; microseconds only where there are some."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def write_optional(at: datetime | None) -> str | None:
    """As `write_instant`; None stays None."""
    return None if at is None else write_instant(at)
