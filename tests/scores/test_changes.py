"""What changed between two instants is told by the facts that changed it, whatever the history."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership
from assessments.models import System
from evidence.models import Run
from rubric.levels import Level
from rubric.timeline import Levels, levels_at
from scores.changes import MOST_CAUSES, CauseKind, cell, changes
from scores.facts import load_facts
from scores.recorded import Recorded, recorded_of
from scores.snapshots import counted_at
from tests.factories import DAY, assess, make_organisation, make_system, post
from tests.scores.test_snapshots import NOW, TESTS, random_system

pytestmark = pytest.mark.django_db
TICK = timedelta(microseconds=1)


def recorded(system: System) -> Recorded:
    found = recorded_of(Membership(organisation_id=system.organisation_id), system.slug)
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(4))
def test_causes_lead_from_one_state_to_the_other(seed: int) -> None:
    dice = Random(seed)
    system = random_system(make_organisation(), "Any", dice)
    for _ in range(4):
        start, end = sorted(NOW + timedelta(minutes=dice.randrange(-210 * 24 * 60, 40 * 24 * 60)) for _ in range(2))
        found = changes(recorded(system), start, end)
        for state, at in ((found.before, start), (found.after, end)):
            own = counted_at([system], at)[0][system.pk]
            assert (state.levels if state else Levels({}, {})) == own.levels
            assert (state.score_at(at) if state else None) == own.score
        listed = {change.test.key for change in found.tests}
        for key in TESTS:
            then, now = (cell(each, key) for each in (found.before, found.after))
            assert (key in listed) == (then != now)
        for change in found.tests:
            key = change.test.key
            claims = [cause for cause in change.causes if cause.kind is CauseKind.ASSESSMENT]
            proofs = [cause for cause in change.causes if cause.kind is not CauseKind.ASSESSMENT]
            for causes, last in zip((claims, proofs), cell(found.after, key), strict=True):
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
    with django_assert_num_queries(2):
        found = changes(recorded(system), NOW - 40 * DAY, NOW)
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


def test_changes_are_one_object_until_anything_of_them_differs() -> None:
    system = make_system(make_organisation(), NOW - 300 * DAY)
    assess(system, NOW - 25 * DAY, {"data-1": "manual"})
    post(system, ["model-1"], [NOW - 5 * DAY], NOW, run="release")
    start = NOW - 40 * DAY
    found = changes(recorded(system), start, NOW)
    assert changes(recorded(system), start + DAY, NOW + timedelta(hours=1)) is found
    assert changes(recorded(system), start, NOW + 40 * DAY) is not found
    assert changes(recorded(system), NOW - 25 * DAY, NOW) is not found
    Run.objects.filter(system=system).update(run_id="renamed")
    assert [cause.by for test in changes(recorded(system), start, NOW).tests for cause in test.causes][-1] == "renamed"
