"""What moved, what lapses, and roll-ups: the same numbers as trends and histories, told apart by what caused them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organisation
from assessments.models import System
from rubric.levels import Level
from rubric.loader import builtin
from scores.lapses import lapses
from scores.moves import Direction, moves
from scores.overview import figures
from scores.reading import full_score
from scores.roll_ups import By, roll_ups
from scores.standings import standings
from scores.trends import trend
from tests.factories import DAY, HOUR, assess, make_organisation, make_system, make_team, nightly, post

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
THEN = NOW - 90 * DAY
RUBRIC = builtin()["ml-test-score-2017"]
TESTS = list(RUBRIC.tests)
pytestmark = pytest.mark.django_db


@pytest.fixture
def systems() -> dict[str, System]:
    """One that rises, one that slides as its evidence lapses, one whose proof moves alone, one still, and a new one."""
    meridian: Organisation = make_organisation()
    risk = make_team(meridian, "Risk", "risk")
    made = {
        "rising": make_system(meridian, NOW - 300 * DAY, name="Rising", team=risk, tags=["pii", "tier-1"]),
        "sliding": make_system(meridian, NOW - 300 * DAY, name="Sliding", team=risk, lifecycle="production"),
        "proving": make_system(meridian, NOW - 300 * DAY, name="Proving", tags=["pii"]),
        "still": make_system(meridian, NOW - 300 * DAY, name="Still"),
        "new": make_system(meridian, NOW - 9 * DAY, name="New"),
        "silent": make_system(meridian, NOW - 9 * DAY, name="Silent"),
        "other": make_system(meridian, NOW - 300 * DAY, name="Other", rubric="key-principles"),
    }
    for name in ("rising", "proving", "still", "other"):
        assess(made[name], NOW - 200 * DAY, dict.fromkeys(builtin()[made[name].rubric].tests, "manual"))
    assess(made["rising"], NOW - 20 * DAY, dict.fromkeys(TESTS, "automated") | {"data-1": "manual"})
    post(made["sliding"], TESTS, nightly(NOW - 150 * DAY, NOW - 60 * DAY, 5 * DAY), NOW)
    post(made["proving"], ["data-1"], [NOW - 2 * DAY], NOW)
    assess(made["new"], NOW - 5 * DAY, {"data-1": "manual"})
    return made


def test_moves_are_told_apart(
    systems: dict[str, System], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(6):
        found = moves(list(systems.values()), RUBRIC, THEN, NOW)
    assert [(move.system.name, move.direction, move.change) for move in found.moved] == [
        ("Sliding", Direction.SLID, Fraction(-7)),
        ("Rising", Direction.IMPROVED, Fraction(3)),
        ("Proving", Direction.OTHERWISE, Fraction(0)),
    ]
    sliding, rising, proving = found.moved
    assert [test.test.key for test in sliding.tests] == TESTS and not any(test.gained for test in sliding.tests)
    assert [test.test.key for test in rising.tests] == TESTS[1:] and all(test.credit == 1 for test in rising.tests)
    assert [(test.test.key, test.credit, test.gained) for test in proving.tests] == [("data-1", 0, True)]
    assert ([system.name for system in found.still], [system.name for system, _ in found.begun]) == (["Still"], ["New"])
    assert (found.gained, found.lost) == (27, 28)


def test_lapses_are_the_falls_of_what_pipelines_do_not_keep_up() -> None:
    system = make_system(make_organisation(), NOW - 90 * DAY)
    assess(system, NOW - 80 * DAY, {"data-2": "manual"})
    post(system, ["data-1"], nightly(NOW - 10 * DAY, NOW), NOW)
    post(system, ["data-2", "data-3"], [NOW - 29 * DAY, NOW - 20 * DAY], NOW)
    post(system, ["data-4"], [NOW - HOUR], NOW, run="once")
    ahead = lapses([system], NOW, NOW + 30 * DAY, every=True)
    found = ahead.lapses
    coming = [(lapse.test.key, lapse.at, lapse.before, lapse.after, lapse.loses_credit) for lapse in found]
    late = {key: [each[1:] for each in coming if each[0] == key] for key in TESTS}
    assert late["data-3"] == [
        (NOW + DAY, Level.AUTOMATED, Level.MANUAL, True),
        (NOW + 10 * DAY, Level.MANUAL, Level.NONE, True),
    ]
    assert [each[-1] for each in late["data-2"]] == [True, False]
    assert {lapse.test.key for lapse in found if lapse.kept_up} == {"data-1"}
    assert [lapse.test.key for lapse in found if not lapse.kept_up][-1] == "data-4"
    for lapse in found:
        before, after = (
            next(test.verified for test in full_score(system, at).tests if test.test == lapse.test)
            for at in (lapse.at - timedelta(microseconds=1), lapse.at)
        )
        assert (before, after) == (lapse.before, lapse.after)
    assert ahead.kept_up == sum(lapse.kept_up for lapse in found)
    assert standings([system], NOW)[0].ahead == lapses([system], NOW, NOW + 30 * DAY)


def test_roll_ups_are_the_trend_of_each_group(systems: dict[str, System]) -> None:
    rows = list(systems.values())
    found = roll_ups(rows, RUBRIC, THEN, NOW)
    assert {by: [(row.group.name, row.systems) for row in groups] for by, groups in found.items()} == {
        By.TEAM: [("Risk", 2), ("No team", 5)],
        By.TAG: [("pii", 2), ("tier-1", 1), ("No tag", 5)],
        By.LIFECYCLE: [("Experiment", 6), ("Production", 1)],
    }
    for row, members in (
        (found[By.TEAM][0], ["rising", "sliding"]),
        (found[By.TAG][0], ["rising", "proving"]),
        (found[By.TEAM][1], ["proving", "still", "new", "silent", "other"]),
    ):
        before, after = trend([systems[name] for name in members], [THEN, NOW], RUBRIC)
        assert (row.assessed, row.q1, row.median, row.q3) == (after.systems, after.q1, after.median, after.q3)
        assert after.median is not None and before.median is not None
        assert row.change == after.median - before.median
    whole = moves(rows, RUBRIC, THEN, NOW).after
    bucket = trend(rows, [NOW], RUBRIC)[0]
    assert (whole.systems, whole.median, whole.categories) == (bucket.systems, bucket.median, bucket.categories)
    assert whole.verified_share == figures(RUBRIC, standings(rows, NOW)).verified_share.value
    risk = found[By.TEAM][0]
    assert (risk.change, risk.credited) == (Fraction(13, 4) - Fraction(21, 4), Fraction(50))
    assert [category.key for category in risk.weakest] == ["data"]
