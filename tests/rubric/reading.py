"""The contract's section 2 read word by word, slowly, from raw results: what everything faster is tested against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from rubric.levels import Level

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Posted:
    test: str
    run_id: str
    branch: str
    status: str
    observed_at: datetime


@dataclass(frozen=True)
class Reading:
    """The rules that a history is read by."""

    window: timedelta
    repeat: timedelta
    credit: str = "executed"
    branch: str | None = None

    def executed(self, result: Posted) -> bool:
        if self.branch is not None and result.branch != self.branch:
            return False
        return result.status == "passed" or (self.credit == "executed" and result.status == "failed")

    def run_times(self, results: Iterable[Posted], test: str) -> list[datetime]:
        of_test = [result for result in results if result.test == test and self.executed(result)]
        return [
            min(result.observed_at for result in of_test if result.run_id == run_id)
            for run_id in {result.run_id for result in of_test}
        ]

    def verified(self, results: Sequence[Posted], test: str, at: datetime) -> Level:
        fresh = [time for time in self.run_times(results, test) if at - self.window < time <= at]
        if not fresh:
            return Level.NONE
        pairs = ((a, b) for i, a in enumerate(fresh) for j, b in enumerate(fresh) if i != j)
        return Level.AUTOMATED if any(abs(a - b) >= self.repeat for a, b in pairs) else Level.MANUAL

    def instants(self, results: Sequence[Posted]) -> list[datetime]:
        """Every instant at which a verified level can change, and a microsecond on either side."""
        times = {result.observed_at for result in results}
        edges = times | {time + self.window for time in times} | {time + self.repeat for time in times}
        return sorted({edge + shift for edge in edges for shift in (-TICK, timedelta(), TICK)})


DAY = timedelta(days=1)
moments = st.one_of(
    st.integers(0, 12).map(lambda days: EPOCH + days * DAY),
    st.integers(0, 40).map(lambda hours: EPOCH + hours * timedelta(hours=6)),
    st.tuples(st.integers(0, 9), st.sampled_from([-TICK, TICK])).map(lambda pair: EPOCH + pair[0] * DAY + pair[1]),
)
posted = st.builds(
    Posted,
    test=st.sampled_from(["data-1", "data-2"]),
    run_id=st.sampled_from(list("abcdefgh")),
    branch=st.sampled_from(["", "main", "dev"]),
    status=st.sampled_from(["passed", "failed", "error", "skipped"]),
    observed_at=moments,
)
histories = st.lists(posted, max_size=18)
readings = st.builds(
    Reading,
    window=st.sampled_from([DAY, 2 * DAY, 3 * DAY, 7 * DAY]),
    repeat=st.sampled_from([timedelta(), timedelta(hours=6), timedelta(hours=12), DAY, 3 * DAY]),
    credit=st.sampled_from(["executed", "passed"]),
    branch=st.sampled_from([None, None, "main"]),
)
