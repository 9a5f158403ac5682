"""What is remembered of systems as of one instant is what is counted of them as of any other that it is taken for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership
from assessments.entries import Listed, entries_of
from assessments.models import Assessment, System
from evidence.models import Check
from rubric.loader import DEFAULT, builtin
from rubric.moment import LEAST, Moment, Stretch
from rubric.once import Once
from rubric.states import State
from scores import kept_states
from scores.evidence_of import failing_tests, windows_of
from scores.keeping import keep, keep_for
from scores.kept_states import MOST_STATES, Known, Memory, states_over
from scores.lapses import HORIZON, lapses
from scores.overview import COMPARED
from scores.past import read_past
from scores.recounting import Recounting
from scores.standings import standings
from scores.state_models import KeptState
from scores.steps import LAPSES_SOON
from scores.trends import Interval, bucket_ends, trend
from tests.factories import DAY, HOUR, make_organisation, make_system, nightly, post
from tests.scores.stories import NOW, Story

RUBRIC = builtin()[DEFAULT]
TESTS = list(RUBRIC.tests)


def past_of(systems: Once[Listed], at: datetime) -> Any:
    """The past as the organisation's page reads it: by the stamps of the standings, where all states are kept."""
    recounting, start = Recounting(), at - 60 * DAY
    standings(systems, at, recounting)
    past = read_past(systems, systems[:2], RUBRIC, start, at, recounting)
    lives = {key: [point for point in life.points if point.at > start] for key, life in past.lives.items()}
    return past.buckets, past.highest, lives


READERS: dict[str, Callable[[Once[Listed], datetime], Any]] = {
    "standings": lambda systems, at: list(standings(systems, at)),
    "lapses": lambda systems, at: lapses(systems, at, at + HORIZON),
    "every lapse": lambda systems, at: lapses(systems, at, NOW + 40 * DAY, every=True),
    "failing": failing_tests,
    "past": past_of,
    "trend by day": lambda systems, at: trend(systems, bucket_ends(at - 9 * DAY, at, Interval.DAY), RUBRIC),
}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(2))
def test_what_is_remembered_is_what_is_counted_anew(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = Random(f"remembering {seed}")
    organisation = make_organisation(review_interval_days=30)
    stories = [Story(organisation, dice) for _ in range(3)]
    for story in stories:
        for _ in range(12):
            story.go_on()
    assert keep_for(60.0)
    systems = entries_of(Membership(organisation=organisation))
    windows = [timedelta(days=days) for days in windows_of(systems)]
    begun = list(KeptState.objects.filter(at__gt=NOW - 120 * DAY).values_list("at", flat=True))
    observed = Check.objects.exclude(newest_status="passed").values_list("newest_observed_at", flat=True)
    ran = [at for at in observed if at is not None]
    finals = Assessment.objects.final().values_list("effective_at", flat=True)
    tipping: list[list[datetime]] = [
        *([at + later for at in begun] for later in [timedelta(0), COMPARED, -LAPSES_SOON, -HORIZON]),
        *([at - window / 2 for at in begun] for window in windows),
        [at + window for at in ran for window in windows],
        [at + 30 * DAY for at in finals if at is not None],
    ]
    sample = [at for some in tipping for at in dice.sample(sorted(set(some)), min(len(set(some)), 9))]
    for place, at in enumerate(at + apart for at in sample for apart in (-HOUR, -LEAST, timedelta(0), LEAST)):
        if place % 20 == 19:
            # One system changes, and the others stay as they are remembered.
            dice.choice(stories).go_on()
            assert place % 40 == 19 or keep_for(60.0)
            systems = entries_of(Membership(organisation=organisation))
        for name, read in READERS.items():
            remembered = read(systems, at)
            with monkeypatch.context() as patched:
                patched.setattr(kept_states, "_memory", Memory(MOST_STATES))
                assert remembered == read(Once(system._replace() for system in systems), at), f"{name} at {at}"
    assert keep_for(60.0)
    again, later = entries_of(Membership(organisation=organisation)), NOW + 2 * DAY
    rows = standings(systems, later)
    assert rows is standings(again, later)
    keep_anew(stories[0].pk)
    changed = [row for row, before in zip(standings(again, later), rows, strict=True) if row is not before]
    assert [row.system.pk for row in changed] == [stories[0].pk]


def keep_anew(system: int) -> None:
    System.objects.filter(pk=system).forget_states()
    keep(system)


@pytest.mark.django_db
def test_the_past_is_asked_for_only_where_stamps_changed(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    organisation = make_organisation()
    made = [make_system(organisation, NOW - 90 * DAY, name=name) for name in ("A", "B")]
    for system in made:
        post(system, ["data-1"], nightly(NOW - 40 * DAY, NOW, 2 * DAY), NOW)
    assert keep_for(60.0)
    systems = entries_of(Membership(organisation=organisation))
    said = past_of(systems, NOW)
    for changed, statements in ((False, 2), (True, 4), (False, 2)):
        if changed:
            keep_anew(made[0].pk)
        with django_assert_num_queries(statements):
            assert past_of(systems, NOW) == said
    post(made[1], TESTS, [NOW - HOUR], NOW)
    assert keep_for(60.0)
    assert past_of(systems, NOW) != said


@pytest.mark.django_db
def test_states_are_read_again_only_where_they_changed() -> None:
    organisation = make_organisation()
    systems = [make_system(organisation, NOW - 90 * DAY, name=name) for name in ("A", "B", "C")]
    for system in systems:
        post(system, ["data-1"], nightly(NOW - 40 * DAY, NOW, 2 * DAY), NOW)
    assert keep_for(60.0)
    start = NOW - 30 * DAY
    first = dict(states_over(systems, start))
    assert states_over(Once(systems), NOW)[0][1] is first[systems[0].pk]
    keep_anew(systems[1].pk)
    System.objects.filter(pk=systems[2].pk).forget_states(NOW)
    again = dict(states_over(systems, start))
    assert again[systems[0].pk] is first[systems[0].pk]
    assert again[systems[1].pk] == first[systems[1].pk] and again[systems[1].pk] is not first[systems[1].pk]
    assert systems[2].pk not in again
    # What ended earlier is read again, and then told to all.
    earlier = dict(states_over(systems, NOW - 60 * DAY))
    assert len(earlier[systems[0].pk]) > len(first[systems[0].pk])
    assert dict(states_over(systems, start))[systems[0].pk] is earlier[systems[0].pk]


def test_memory_makes_room_by_forgetting_what_was_read_longest_ago() -> None:
    memory = Memory(5)
    two = (State(NOW, "r", None, ""),) * 2
    for key in (1, 2, 1, 3):
        memory.keep(key, Known(key, NOW, two))
    assert [memory.since(key, NOW) is not None for key in (1, 2, 3)] == [True, False, True]
    assert memory.since(1, NOW - LEAST) is None


@pytest.mark.parametrize("shift", [timedelta(0), 7 * DAY, -90 * DAY])
def test_a_stretch_ends_where_a_comparison_tips(shift: timedelta) -> None:
    instants = [NOW, NOW + DAY]
    for at in [each - shift + apart for each in instants for apart in (-HOUR, -LEAST, timedelta(0), LEAST, HOUR)]:
        own = Stretch.around(at, (instants, [shift]))
        assert own.holds(at)
        for other in [each - shift + apart for each in instants for apart in (-LEAST, timedelta(0), LEAST)]:
            tips = [(each <= at + shift, each < at + shift) for each in instants]
            assert own.holds(other) == (tips == [(each <= other + shift, each < other + shift) for each in instants])


def test_moments_are_alike_until_something_compared_with_them_passes() -> None:
    instants = [NOW, NOW + DAY]

    def places(at: datetime) -> Moment:
        return Moment.among(at, at + HOUR, (instants, [timedelta(0), -7 * DAY]))

    for passed in (NOW, NOW + DAY, NOW - HOUR, NOW + 7 * DAY):
        assert places(passed - LEAST) != places(passed)
    assert places(NOW + 2 * HOUR) == places(NOW + 3 * HOUR)
    # What lies at an instant differs from what lies before it and from what lies after it.
    assert len({places(NOW - LEAST), places(NOW), places(NOW + LEAST)}) == 3
