from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings

from rubric.evidence import (
    CountingRule,
    FreshnessRule,
    Layers,
    ResultFact,
    RunTimes,
    fold,
    layers,
    respliced,
    run_instants,
    verified_at,
    with_run,
)
from rubric.levels import Level
from tests.rubric.reading import DAY, EPOCH, TICK, Posted, Reading, histories, readings

HOUR = timedelta(hours=1)
WEEK = FreshnessRule(window=7 * DAY, repeat=12 * HOUR)


def facts(results: Sequence[Posted]) -> list[ResultFact]:
    return [ResultFact(r.test, r.run_id, r.branch, r.status, r.observed_at) for r in results]


def times_of(results: Sequence[Posted], reading: Reading, test: str) -> list[datetime]:
    rule = CountingRule(credit=reading.credit, branch=reading.branch)
    return sorted(run_instants(fold(facts(results)), rule).get(test, {}).values())


def level_in(found: Layers, at) -> Level:
    return max((level for level in found if any(a <= at < b for a, b in found[level])), default=Level.NONE)


@settings(max_examples=300, deadline=None)
@given(histories, readings)
def test_layers_hold_what_the_contract_counts_at_every_boundary(results, reading):
    rule = FreshnessRule(reading.window, reading.repeat)
    for test in ("data-1", "data-2"):
        times = times_of(results, reading, test)
        found = layers(times, rule)
        for at in reading.instants(results):
            expected = reading.verified(results, test, at)
            assert level_in(found, at) is expected
            assert verified_at(times, at, rule) is expected


@settings(max_examples=300, deadline=None)
@given(histories, readings)
def test_runs_arriving_in_any_order_grow_the_same_layers(results, reading):
    rule = FreshnessRule(reading.window, reading.repeat)
    arriving = list(dict.fromkeys(reading.run_times(results, "data-1")))
    found: Layers = {Level.MANUAL: [], Level.AUTOMATED: []}
    for count, time in enumerate(arriving):
        others = arriving[:count]
        earlier = max((other for other in others if other <= time - rule.repeat), default=None)
        later = min((other for other in others if other >= time + rule.repeat), default=None)
        found = with_run(found, time, earlier, later, rule)
    assert found == layers(sorted(arriving), rule)


@settings(max_examples=200, deadline=None)
@given(histories, histories, readings)
def test_resplicing_the_region_that_changed_is_rebuilding_everything(before, after, reading):
    rule = FreshnessRule(reading.window, reading.repeat)
    old, new = (sorted(set(reading.run_times(results, "data-1"))) for results in (before, after))
    changed = set(old) ^ set(new)
    if changed:
        region = (min(changed), max(changed) + rule.window)
        known, wanted = layers(old, rule), layers(new, rule)
        near = layers([time for time in new if region[0] - rule.window < time < region[1]], rule)
        assert {level: respliced(known[level], region, near[level]) for level in known} == wanted


@given(histories, histories)
def test_folding_is_the_same_in_any_order_and_any_repetition(first, second):
    once = fold(facts([*first, *second]))
    assert fold(facts([*second, *first, *second])) == once


@pytest.mark.parametrize(
    ("hours", "manual", "automated"),
    [
        ([], [], []),
        ([0], [(0, 168)], []),
        ([0, 11], [(0, 179)], []),
        ([0, 12], [(0, 180)], [(12, 168)]),
        ([0, 24, 48], [(0, 216)], [(24, 192)]),
        ([0, 168], [(0, 336)], []),
        ([0, 167], [(0, 335)], [(167, 168)]),
        ([0, 400], [(0, 168), (400, 568)], []),
    ],
)
def test_layers_from_a_table(hours, manual, automated):
    found = layers([EPOCH + hour * HOUR for hour in hours], WEEK)
    as_hours = {level: [((a - EPOCH) / HOUR, (b - EPOCH) / HOUR) for a, b in found[level]] for level in found}
    assert as_hours == {Level.MANUAL: manual, Level.AUTOMATED: automated}


def test_a_window_opens_with_its_run_and_closes_when_it_is_w_old():
    times = [EPOCH]
    assert verified_at(times, EPOCH - TICK, WEEK) is Level.NONE
    assert verified_at(times, EPOCH, WEEK) is Level.MANUAL
    assert verified_at(times, EPOCH + 7 * DAY - TICK, WEEK) is Level.MANUAL
    assert verified_at(times, EPOCH + 7 * DAY, WEEK) is Level.NONE


def test_without_a_repeat_interval_any_two_runs_are_automated():
    rule = FreshnessRule(window=DAY, repeat=timedelta())
    assert layers([EPOCH, EPOCH], rule)[Level.AUTOMATED] == [(EPOCH, EPOCH + DAY)]
    assert layers([EPOCH], rule)[Level.AUTOMATED] == []


@pytest.mark.parametrize(
    ("credit", "branch", "expected"),
    [("executed", None, 0), ("passed", None, 2), ("executed", "main", 1), ("passed", "main", None)],
)
def test_a_runs_time_follows_credit_and_branch(credit, branch, expected):
    runs = {
        ("data-1", "run", ""): RunTimes(EPOCH - DAY, EPOCH, EPOCH + 2 * DAY),
        ("data-1", "run", "main"): RunTimes(EPOCH - DAY, EPOCH + DAY, None),
    }
    expected_instants = {} if expected is None else {"data-1": {"run": EPOCH + expected * DAY}}
    for order in (runs, dict(reversed(runs.items()))):
        assert run_instants(order, CountingRule(credit=credit, branch=branch)) == expected_instants
