"""How long and how many the parts of a posted result may be (contract, section 3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MOST_RESULTS = 1000
MOST_METRICS = 50
LONGEST_SLUG = 60
LONGEST_TEST = 60
LONGEST_RUN_ID = 200
LONGEST_CHECK = 300
LONGEST_MESSAGE = 2000
LONGEST_PROVENANCE = 200
LONGEST_METRIC = 200
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(minutes=5)


def within_reason(observed_at: datetime, received_at: datetime) -> bool:
    """Whether a result that was received then can have been observed at this instant, both aware."""
    return EARLIEST <= observed_at <= received_at + CLOCK_TOLERANCE
