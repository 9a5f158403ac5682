"""When a fact that a client reports can have happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(minutes=5)


def within_reason(happened_at: datetime, received_at: datetime) -> bool:
    """Whether what was received then can have happened at this instant, both aware (contract, section 3)."""
    return EARLIEST <= happened_at <= received_at + CLOCK_TOLERANCE
