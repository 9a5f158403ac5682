"""Lists a page at a time, newest first: a cursor is the instant and the id of the last row shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

FIRST_YEAR, LAST_YEAR = 1, 9999  # Their instants may have no form in UTC.
Row = TypeVar("Row", bound=Model)


def page_of(rows: QuerySet[Row], instant: str, cursor: str, size: int) -> tuple[list[Row], str]:
    """The page that begins after `cursor` ('' for the first), and where the next one begins ('' on the last).

    `rows` are ordered by the field `instant` and by id, both descending. Raises ValueError for text that is no cursor.
    """
    if cursor:
        at, number = _read_cursor(cursor)
        beyond = Q(**{f"{instant}__lt": at}) | Q(**{instant: at, "id__lt": number})
        # The last condition is implied by the others; it lets the database start in the index.
        rows = rows.filter(beyond, **{f"{instant}__lte": at})
    found = list(rows[: size + 1])
    last = found[size - 1] if len(found) > size else None
    return found[:size], "" if last is None else f"{getattr(last, instant).isoformat()}_{last.pk}"


def _read_cursor(text: str) -> tuple[datetime, int]:
    at, _, number = text.partition("_")
    moment = datetime.fromisoformat(at)
    if not re.fullmatch("[0-9]{1,18}", number) or moment.tzinfo is None or not FIRST_YEAR < moment.year < LAST_YEAR:
        raise ValueError(f"no cursor: {text!r}")
    return moment.astimezone(UTC), int(number)
