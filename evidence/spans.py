"""Keeping spans: what a change of runs does to them, and how the difference is stored."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from assessments.models import System
from evidence.models import Run, Span
from evidence.rules_of import Rules
from evidence.snapshot import Growth, LayersByTest, Snapshot
from evidence.writing import Difference, store_spans
from rubric.evidence import PROVABLE, FreshnessRule, Interval, Layers, layers, respliced, with_run
from rubric.levels import Level

TICK = timedelta(microseconds=1)
NOTHING: Layers = {level: [] for level in PROVABLE}


def grown(snapshot: Snapshot, added: Mapping[str, Sequence[datetime]]) -> list[Growth]:
    """What these runs do to the layers; `added` holds by test the ascending times of runs that had none before.

    Constant work for each run, whenever it arrives: one run only adds intervals, which its nearest neighbours decide.
    """
    growths: dict[tuple[Any, ...], Growth] = {}
    for test, posted in added.items():
        rule = snapshot.rules.freshness(test)
        near, times = snapshot.neighbours.get(test, ()), tuple(posted)
        before = snapshot.spans.get(test, NOTHING)
        alike = id(before), rule.window, times, *near
        if alike in growths:
            growths[alike].tests.append(test)
        else:
            growths[alike] = Growth([test], times, before, _with_runs(before, times, near, rule))
    return list(growths.values())


def _with_runs(of_test: Layers, times: Sequence[datetime], near: Collection[datetime], rule: FreshnessRule) -> Layers:
    pick = _nearest_of_all(sorted(near), times) if len(times) > 1 else _nearest(near)
    for index, time in enumerate(times):
        earlier, later = pick(time - rule.repeat, time + rule.repeat, index)
        of_test = with_run(of_test, time, earlier, later, rule)
    return of_test


Pick = Callable[[datetime, datetime, int], tuple[datetime | None, datetime | None]]


def _nearest(near: Collection[datetime]) -> Pick:
    """For a single run: what tells the last of these instants up to one, and the first from another one on."""
    if not near:
        return _none
    return lambda before, after, _: (
        max([at for at in near if at <= before], default=None),
        min([at for at in near if at >= after], default=None),
    )


def _none(before: datetime, after: datetime, index: int) -> tuple[None, None]:
    """What tells them where there is nothing near."""
    return None, None


def _nearest_of_all(near: Sequence[datetime], times: Sequence[datetime]) -> Pick:
    """The same of ascending instants and of all ascending `times` but the one at an index."""

    def pick(before: datetime, after: datetime, index: int) -> tuple[datetime | None, datetime | None]:
        earlier = [*near[: bisect_right(near, before)][-1:], *times[: bisect_right(times, before, 0, index)][-1:]]
        later = [
            *near[bisect_left(near, after) :][:1],
            *times[bisect_left(times, after, min(index + 1, len(times))) :][:1],
        ]
        return max(earlier, default=None), min(later, default=None)

    return pick


def difference(growths: Iterable[Growth], keys: Mapping[str, Sequence[int]]) -> Difference:
    """What turns the intervals before into those after; `keys` are those of stored spans, by test, as `in_order` has them."""
    changed: list[tuple[str, Level, datetime, datetime]] = []
    gone: list[tuple[str, Level, datetime]] = []
    grown: list[tuple[int, datetime]] = []
    for growth in growths:
        for level in PROVABLE:
            others, lost = _other_ends(growth.before[level], growth.after[level])
            gone += [(test, level, start) for test in growth.tests for start in lost]
            for start, end in others:
                place = growth.place(level, start) if keys else None
                for test in growth.tests:
                    if place is None or test not in keys:
                        changed.append((test, level, start, end))
                    else:
                        grown.append((keys[test][place], end))
    return Difference(changed, gone, grown)


def _other_ends(before: Sequence[Interval], after: Sequence[Interval]) -> tuple[Sequence[Interval], list[datetime]]:
    """The intervals that begin or end elsewhere after than before, and the starts of those that are gone."""
    if before == after:
        return [], []
    if before and after and before[:-1] == after[:-1] and before[-1][0] == after[-1][0]:
        # What grows mostly grows at its end.
        return after[-1:], []
    ends, starts = dict(before), {start for start, _ in after}
    others = [(start, end) for start, end in after if ends.get(start) != end]
    return others, [start for start in ends if start not in starts]


def store(system: System, generation: int, known: LayersByTest, wanted: LayersByTest) -> None:
    """Turn the known intervals into the wanted ones."""
    growths = [Growth([test], (), known.get(test, NOTHING), after) for test, after in wanted.items()]
    store_spans([(system.pk, generation, difference(growths, {}))])


def load(system: System, generation: int, tests: Collection[str], start: datetime, end: datetime) -> LayersByTest:
    """The stored intervals of these tests that touch [start, end]."""
    found: LayersByTest = {test: {level: [] for level in PROVABLE} for test in tests}
    rows = Span.objects.filter(
        system=system, generation=generation, test__in=tests, ends_at__gte=start, starts_at__lte=end
    ).order_by("starts_at")
    for test, level, starts_at, ends_at in rows.values_list("test", "level", "starts_at", "ends_at"):
        found[test][Level(level)].append((starts_at, ends_at))
    return found


def run_times(
    system: System, rules: Rules, tests: Collection[str], start: datetime | None = None, end: datetime | None = None
) -> dict[str, list[datetime]]:
    """The ascending times of the runs that count, by test, of those within (start, end)."""
    runs = Run.objects.timed(rules).filter(system=system, test__in=tests)
    if start is not None:
        runs = runs.filter(**{f"{rules.time_column}__gt": start})
    if end is not None:
        runs = runs.filter(**{f"{rules.time_column}__lt": end})
    times: dict[str, dict[str, datetime]] = {test: {} for test in tests}
    for test, run_id, time in runs.values_list("test", "run_id", rules.time_column):
        times[test][run_id] = time
    return {test: sorted(of_test.values()) for test, of_test in times.items()}


def rebuild_region(
    system: System,
    generation: int,
    rules: Rules,
    regions: Mapping[str, tuple[datetime, datetime]],
    until: Mapping[str, datetime] | None = None,
) -> LayersByTest:
    """Read the stored runs again and bring the spans in line; answers the layers around the regions, by test.

    `regions` gives for each test the earliest and the latest run time that changed: from the first to the last plus W
    anything may differ. Where `until` names an instant for a test, its spans stand for the runs up to that one alone.
    """
    result: LayersByTest = {}
    for test, (first, last) in regions.items():
        rule = rules.freshness(test)
        region = (first, last + rule.window)
        end = region[1] if until is None or test not in until else min(region[1], until[test] + TICK)
        inside = layers(run_times(system, rules, [test], first - rule.window, end)[test], rule)
        known = load(system, generation, [test], *region)
        wanted = {level: respliced(known[test][level], region, inside[level]) for level in PROVABLE}
        store(system, generation, known, {test: wanted})
        result[test] = wanted
    return result


def copy(system: System, generation: int, to: int, left_out: Collection[str]) -> None:
    """Begin another generation with the spans of all tests but `left_out`."""
    rows = Span.objects.filter(system=system, generation=generation).exclude(test__in=left_out)
    fresh = (
        Span(system=system, generation=to, test=test, level=level, starts_at=starts_at, ends_at=ends_at)
        for test, level, starts_at, ends_at in rows.values_list("test", "level", "starts_at", "ends_at")
    )
    Span.objects.bulk_create(fresh, batch_size=1000)


def rebuild_tests(system: System, generation: int, rules: Rules, tests: Collection[str]) -> LayersByTest:
    """Replace all spans of these tests by what their runs say."""
    Span.objects.filter(system=system, generation=generation, test__in=tests).delete()
    wanted = {test: layers(times, rules.freshness(test)) for test, times in run_times(system, rules, tests).items()}
    store(system, generation, {}, wanted)
    return wanted
