"""What changed between two instants is told by the facts that changed it, whatever the history."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from pytest_django import DjangoAssertNumQueries

from rubric.levels import Level
from rubric.timeline import levels_at
from scores.changes import MOST_CAUSES, CauseKind, changes
from scores.facts import load_facts
from scores.snapshots import snapshots
from tests.factories import DAY, assess, make_organisation, make_system, post
from tests.scores.test_snapshots import NOW, TESTS, random_system

pytestmark = pytest.mark.django_db
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize("seed", range(4))
def test_causes_lead_from_one_state_to_the_other(seed: int) -> None:
    dice = Random(seed)
    system = random_system(make_organisation(), "Any", dice)
    for _ in range(4):
        start, end = sorted(NOW + timedelta(minutes=dice.randrange(-210 * 24 * 60, 40 * 24 * 60)) for _ in range(2))
        found = changes(system, start, end)
        assert [found.before] == snapshots([system], start) and [found.after] == snapshots([system], end)
        listed = {change.test.key for change in found.tests}
        for key in TESTS:
            then, now = ((each.claimed(key), each.verified(key)) for each in (found.before, found.after))
            assert (key in listed) == (then != now)
        for change in found.tests:
            key = change.test.key
            claims = [cause for cause in change.causes if cause.kind is CauseKind.ASSESSMENT]
            proofs = [cause for cause in change.causes if cause.kind is not CauseKind.ASSESSMENT]
            for causes, last in ((claims, found.after.claimed(key)), (proofs, found.after.verified(key))):
                assert not causes or causes[-1].after is last
                assert all(cause.before is not cause.after and start < cause.at <= end for cause in causes)
                assert all(one.after is other.before for one, other in pairwise(causes))
            assert len(change.causes) <= MOST_CAUSES and (change.earlier == 0 or len(change.causes) == MOST_CAUSES)
            facts = load_facts([system], start, end)[system.pk]
            for cause in proofs:
                around = [levels_at(facts, at).verified.get(key, Level.NONE) for at in (cause.at - TICK, cause.at)]
                assert around == [cause.before, cause.after]
                assert bool(cause.by) == (cause.kind is CauseKind.RUN)


def test_causes_name_the_assessment_and_the_run(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    system = make_system(make_organisation(), NOW - 300 * DAY)
    assess(system, NOW - 200 * DAY, {"data-2": "manual"})
    final = assess(system, NOW - 25 * DAY, {"data-1": "manual", "data-2": "manual"})
    post(system, ["data-1"], [NOW - 50 * DAY, NOW - 49 * DAY], NOW, run="old")
    post(system, ["model-1"], [NOW - 5 * DAY], NOW, run="release")
    with django_assert_num_queries(4):
        found = changes(system, NOW - 40 * DAY, NOW)
    told = {
        change.test.key: [(cause.kind.value, cause.before.key, cause.after.key) for cause in change.causes]
        for change in found.tests
    }
    assert told == {
        "data-1": [
            ("assessment", "none", "manual"),
            ("lapse", "automated", "manual"),
            ("lapse", "manual", "none"),
        ],
        "model-1": [("run", "none", "manual")],
    }
    by = {cause.kind: (cause.by, cause.assessment) for change in found.tests for cause in change.causes}
    assert by[CauseKind.ASSESSMENT] == (final.recorded_by, final.pk)
    assert by[CauseKind.RUN] == (f"release {NOW - 5 * DAY:%Y-%m-%d %H:%M}", None)
