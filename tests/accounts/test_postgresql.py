from datetime import UTC, datetime

import pytest
from psycopg import DataError

from accounts.postgresql import instant_loader


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"2026-11-21 10:00:00+00", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        (b"2026-11-21 10:00:00.5+00", datetime(2026, 11, 21, 10, 0, 0, 500000, UTC)),
        (b"2026-11-21 10:00:00.000001+00", datetime(2026, 11, 21, 10, 0, 0, 1, UTC)),
        (b"2026-11-21 12:30:00+02:30", datetime(2026, 11, 21, 10, tzinfo=UTC)),
    ],
)
def test_instants_are_read_as_django_reads_them(text: bytes, expected: datetime) -> None:
    loader = instant_loader()(0)
    at = loader.load(text)
    assert (at, at.tzinfo) == (expected, UTC)
    assert super(instant_loader(), loader).load(text) == at


@pytest.mark.parametrize("text", [b"0044-03-15 00:00:00+00 BC", b"infinity"])
def test_what_python_has_no_instant_for_is_refused(text: bytes) -> None:
    with pytest.raises(DataError):
        instant_loader()(0).load(text)
