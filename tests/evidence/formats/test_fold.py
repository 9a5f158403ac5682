"""Entries of one check fold into one, the worst wins, in whatever order they stand."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from evidence.formats import ReportedCheck, Status, fold

ENTRIES = st.lists(
    st.builds(
        ReportedCheck,
        name=st.sampled_from("abc"),
        status=st.sampled_from(list(Status)),
        observed_at=st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        message=st.sampled_from(["", "m", "n"]),
        metrics=st.dictionaries(st.sampled_from("xy"), st.floats(allow_nan=False, allow_infinity=False), max_size=2),
        key=st.sampled_from([None, "data-1", "data-2"]),
    )
)
WORST = ["failed", "error", "passed", "skipped"]


@given(ENTRIES)
def test_each_check_is_one_and_the_worst_wins(entries: list[ReportedCheck]) -> None:
    folded = fold(entries)
    assert [check.name for check in folded] == list(dict.fromkeys(entry.name for entry in entries))
    for check in folded:
        same = [entry for entry in entries if entry.name == check.name]
        assert check.status == min((str(entry.status) for entry in same), key=WORST.index)
        assert check.observed_at == min((entry.observed_at for entry in same if entry.observed_at), default=None)
        messages = [entry.message for entry in same if entry.status == check.status and entry.message]
        assert check.message == (messages[0] if messages else "")
        assert check.metrics.keys() == {name for entry in same for name in entry.metrics}
        assert check.key == next((entry.key for entry in same if entry.key), None)


@given(ENTRIES)
def test_folding_twice_changes_nothing(entries: list[ReportedCheck]) -> None:
    assert fold(fold(entries)) == fold(entries)


@given(ENTRIES)
def test_status_and_time_do_not_hang_on_the_order(entries: list[ReportedCheck]) -> None:
    def outcome(checks: list[ReportedCheck]) -> dict[str, tuple[Status, datetime | None]]:
        return {check.name: (check.status, check.observed_at) for check in fold(checks)}

    assert outcome(entries) == outcome(list(reversed(entries)))


def test_of_two_measures_the_worse_entry_s_stays() -> None:
    passed = ReportedCheck("a", Status.PASSED, metrics={"x": 1.0, "y": 2.0})
    failed = ReportedCheck("a", Status.FAILED, metrics={"x": 3.0})
    assert fold([passed, failed])[0].metrics == {"x": 3.0, "y": 2.0}
