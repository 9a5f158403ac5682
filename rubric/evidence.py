"""From results to runs to the spans in which evidence holds a level.

A run proves `manual` for its window: at every t with run <= t < run + W. Two runs at least G apart that lie in one window
prove `automated`: from the later one until the earlier one leaves the window. Each level is therefore a union of half-open
intervals, and one more run only ever adds to it; only a run that moves back or is voided takes something away.
All instants are aware datetimes of one zone; this module reads no clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from rubric.levels import Level

Interval = tuple[datetime, datetime]
Layers = dict[Level, list[Interval]]
PROVABLE = (Level.MANUAL, Level.AUTOMATED)


@dataclass(frozen=True, slots=True)
class ResultFact:
    """What a run needs to know of a result. `branch` is '' where none was given."""

    test: str
    run_id: str
    branch: str
    status: str
    observed_at: datetime


class RunTimes(NamedTuple):
    """The earliest instants of one run on one branch; None where nothing of the kind happened."""

    observed: datetime
    executed: datetime | None
    passed: datetime | None

    def merged(self, other: RunTimes) -> RunTimes:
        """Both by minimum, so that any order and any repetition of merging ends the same."""
        return RunTimes(
            min(self.observed, other.observed),
            earliest(self.executed, other.executed),
            earliest(self.passed, other.passed),
        )

    @classmethod
    def of(cls, status: str, observed_at: datetime) -> RunTimes:
        """What a single result of this status says."""
        return cls(
            observed_at,
            observed_at if status in ("passed", "failed") else None,
            observed_at if status == "passed" else None,
        )


@dataclass(frozen=True, slots=True)
class CountingRule:
    """Which results are executed: `credit` is `executed` or `passed`; `branch` None counts every branch."""

    credit: str = "executed"
    branch: str | None = None

    def time_of(self, branch: str, times: RunTimes) -> datetime | None:
        """The time of a run by what happened on one branch; None where that counts nothing. The earliest is its own."""
        if self.branch is not None and self.branch != branch:
            return None
        return times.passed if self.credit == "passed" else times.executed


@dataclass(frozen=True, slots=True)
class FreshnessRule:
    """How long a run counts (`window`, W) and how far apart two must lie to be repeated (`repeat`, G)."""

    window: timedelta
    repeat: timedelta


def earliest(a: datetime | None, b: datetime | None) -> datetime | None:
    """The earlier of two instants of which either may be missing."""
    if a is None or b is None:
        return b if a is None else a
    return min(a, b)


def fold(results: Iterable[ResultFact]) -> dict[tuple[str, str, str], RunTimes]:
    """The runs that these results form, by (test, run_id, branch)."""
    runs: dict[tuple[str, str, str], RunTimes] = {}
    for result in results:
        key = (result.test, result.run_id, result.branch)
        times = RunTimes.of(result.status, result.observed_at)
        known = runs.get(key)
        runs[key] = times if known is None else known.merged(times)
    return runs


def merged(*histories: Mapping[tuple[str, str, str], RunTimes]) -> dict[tuple[str, str, str], RunTimes]:
    """The runs of all these, those of equal keys merged."""
    runs: dict[tuple[str, str, str], RunTimes] = {}
    for history in histories:
        for key, times in history.items():
            known = runs.get(key)
            runs[key] = times if known is None else known.merged(times)
    return runs


def run_instants(runs: Mapping[tuple[str, str, str], RunTimes], rule: CountingRule) -> dict[str, dict[str, datetime]]:
    """The time of every run that counts, by test and run_id."""
    instants: dict[str, dict[str, datetime]] = {}
    for (test, run_id, branch), times in runs.items():
        time = rule.time_of(branch, times)
        if time is not None:
            of_test = instants.setdefault(test, {})
            known = of_test.get(run_id)
            of_test[run_id] = time if known is None else min(time, known)
    return instants


def layers(times: Sequence[datetime], rule: FreshnessRule) -> Layers:
    """The maximal intervals in which runs at these ascending times hold each level or a higher one."""
    manual = [(time, time + rule.window) for time in times]
    automated: list[Interval] = []
    for index, time in enumerate(times):
        partner = bisect_right(times, time - rule.repeat, 0, index) - 1
        if partner >= 0 and times[partner] + rule.window > time:
            automated.append((time, times[partner] + rule.window))
    return {Level.MANUAL: union(manual), Level.AUTOMATED: union(automated)}


def with_run(
    known: Layers, time: datetime, earlier: datetime | None, later: datetime | None, rule: FreshnessRule
) -> Layers:
    """The layers with one more run, whenever it arrives; those without it hold maximal ascending intervals.

    `earlier` is the newest other run at or before `time` - G, `later` the oldest other one at or after `time` + G: of all
    pairs with this run these two reach furthest.
    """
    end = time + rule.window
    automated = known[Level.AUTOMATED]
    if earlier is not None and earlier + rule.window > time:
        automated = joined(automated, (time, earlier + rule.window))
    if later is not None and later < end:
        automated = joined(automated, (later, end))
    return {Level.MANUAL: joined(known[Level.MANUAL], (time, end)), Level.AUTOMATED: automated}


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same instants as maximal intervals in ascending order; intervals that touch become one."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def joined(known: Sequence[Interval], added: Interval) -> list[Interval]:
    """The union of maximal ascending intervals and one more, at once where that one begins in the last of them or later."""
    start, end = added
    if not known or start > known[-1][1]:
        return [*known, added]
    first, last = known[-1]
    if start < first:
        return union([*known, added])
    return [*known[:-1], (first, max(last, end))]


def clipped(intervals: Iterable[Interval], start: datetime, end: datetime) -> list[Interval]:
    """What of the intervals lies in [start, end)."""
    return [(max(a, start), min(b, end)) for a, b in intervals if a < end and b > start]


def respliced(known: Iterable[Interval], region: Interval, inside: Iterable[Interval]) -> list[Interval]:
    """`known` with its part in `region` replaced by `inside`'s, in maximal intervals."""
    start, end = region
    kept = [piece for a, b in known for piece in ((a, min(b, start)), (max(a, end), b)) if piece[0] < piece[1]]
    return union([*kept, *clipped(inside, start, end)])


def parting(known: Sequence[Interval], wanted: Sequence[Interval]) -> datetime | None:
    """The first instant that lies in one of two unions of maximal ascending intervals alone; None where they are equal."""
    for one, other in zip(known, wanted, strict=False):
        if one != other:
            return min(one[0], other[0]) if one[0] != other[0] else min(one[1], other[1])
    longer = max(known, wanted, key=len)
    rest = longer[min(len(known), len(wanted)) :]
    return rest[0][0] if rest else None


def verified_at(times: Sequence[datetime], at: datetime, rule: FreshnessRule) -> Level:
    """The verified level at an instant, counted from the ascending run times as the contract words it."""
    first = bisect_right(times, at - rule.window)
    fresh = times[first : bisect_right(times, at)]
    if not fresh:
        return Level.NONE
    repeated = len(fresh) > 1 and fresh[-1] - fresh[0] >= rule.repeat
    return Level.AUTOMATED if repeated else Level.MANUAL
