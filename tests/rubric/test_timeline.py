from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rubric.evidence import CountingRule, FreshnessRule, ResultFact, fold, layers, run_instants
from rubric.levels import Level
from rubric.loader import builtin
from rubric.scoring import totals
from rubric.timeline import Claims, EvidenceSpan, Facts, levels_at, point_at, timeline
from tests.rubric.reading import DAY, EPOCH, TICK, Posted, Reading, histories, moments, readings

FIRST, SECOND = builtin()["ml-test-score-2017"], builtin()["key-principles"]
TESTS = ["data-1", "data-2", "monitor-7", next(iter(SECOND.tests))]
claims = st.builds(
    Claims,
    effective_at=moments,
    levels=st.dictionaries(st.sampled_from(TESTS), st.sampled_from(list(Level))),
    not_applicable=st.just(frozenset()),
)


def facts_of(results: list[Posted], made: list[Claims], moved_at, reading: Reading) -> Facts:
    runs = fold(ResultFact(r.test, r.run_id, r.branch, r.status, r.observed_at) for r in results)
    instants = run_instants(runs, CountingRule(reading.credit, reading.branch))
    rule = FreshnessRule(reading.window, reading.repeat)
    spans = [
        EvidenceSpan(test, level, start, end)
        for test, times in instants.items()
        for level, intervals in layers(sorted(times.values()), rule).items()
        for start, end in intervals
    ]
    return Facts(
        editions=[(None, FIRST), (moved_at, SECOND)], claims=sorted(made, key=lambda c: c.effective_at), spans=spans
    )


@settings(max_examples=250, deadline=None)
@given(histories, st.lists(claims, max_size=4), moments, readings)
def test_the_timeline_is_the_score_counted_from_raw_facts_at_every_instant(results, made, moved_at, reading):
    facts = facts_of(results, made, moved_at, reading)
    start, end = EPOCH - DAY, EPOCH + 30 * DAY
    points = timeline(facts, start, end)
    edges = {*reading.instants(results), moved_at, moved_at - TICK, start, end}
    edges |= {c.effective_at + shift for c in made for shift in (-TICK, timedelta(), TICK)}
    for at in sorted(edge for edge in edges if start <= edge <= end):
        rubric = SECOND if at >= moved_at else FIRST
        newest = max(
            (c for c in enumerate(sorted(made, key=lambda c: c.effective_at)) if c[1].effective_at <= at),
            key=lambda pair: (pair[1].effective_at, pair[0]),
            default=(0, None),
        )[1]
        claimed = dict(newest.levels) if newest else {}
        verified = {test: reading.verified(results, test, at) for test in ("data-1", "data-2")}
        credited = {
            key: max(claimed.get(key, Level.NONE), verified.get(key, Level.NONE)) for key in {*claimed, *verified}
        }
        step = [point for point in points if point.at <= at][-1]
        assert step.same_state(point_at(facts, at))
        assert step.rubric == rubric.key
        assert step.score == totals(rubric, credited).score
        assert step.categories == totals(rubric, credited).categories
        assert step.claimed == totals(rubric, claimed).score
        assert step.verified == totals(rubric, verified).score


@settings(max_examples=150, deadline=None)
@given(histories, st.lists(claims, max_size=4), moments, readings)
def test_every_point_of_a_timeline_is_a_change(results, made, moved_at, reading):
    facts = facts_of(results, made, moved_at, reading)
    points = timeline(facts, EPOCH, EPOCH + 30 * DAY)
    assert points[0].at == EPOCH
    for before, after in pairwise(points):
        assert before.at < after.at <= EPOCH + 30 * DAY
        assert not after.same_state(before)


def test_of_claims_at_one_instant_the_later_recorded_holds():
    facts = Facts(
        editions=[(None, FIRST)],
        claims=[Claims(EPOCH, {"data-1": Level.AUTOMATED}), Claims(EPOCH, {"data-1": Level.MANUAL})],
    )
    assert levels_at(facts, EPOCH).claimed == {"data-1": Level.MANUAL}
    assert timeline(facts, EPOCH - DAY, EPOCH)[-1].categories["data"] == Fraction(1, 2)


def test_a_key_that_the_edition_in_force_lacks_counts_nothing_then():
    moved = EPOCH + DAY
    facts = Facts(editions=[(None, FIRST), (moved, SECOND)], claims=[Claims(EPOCH, {"data-1": Level.AUTOMATED})])
    before, after = timeline(facts, EPOCH, moved)
    assert before.categories["data"] == 1
    assert (after.at, after.rubric, sum(after.categories.values())) == (moved, SECOND.key, 0)


def test_not_applicable_is_left_out_only_while_nothing_is_verified():
    claim = Claims(EPOCH, {}, frozenset({"data-1", "data-2"}))
    span = EvidenceSpan("data-1", Level.MANUAL, EPOCH, EPOCH + DAY)
    facts = Facts(editions=[(None, FIRST)], claims=[claim], spans=[span])
    assert levels_at(facts, EPOCH).left_out == {"data-2"}
    assert levels_at(facts, EPOCH + DAY).left_out == {"data-1", "data-2"}
