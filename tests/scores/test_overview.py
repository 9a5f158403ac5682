from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.actors import Actor
from accounts.models import Organisation
from assessments.models import System
from assessments.systems import update_system
from rubric.loader import builtin
from scores.keeping import keep_for
from scores.overview import figures, main_rubric, review_is_due
from scores.standings import standings
from tests.factories import DAY, HOUR, assess, make_organisation, make_system, nightly, post

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
RUBRIC = builtin()["ml-test-score-2017"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def meridian() -> Organisation:
    return make_organisation()


def claim_all(system: System, days_ago: int, level: str) -> None:
    assess(system, NOW - days_ago * DAY, dict.fromkeys(RUBRIC.tests, level))


def test_a_row_compares_with_90_days_ago(meridian: Organisation) -> None:
    system = make_system(meridian, NOW - 200 * DAY)
    claim_all(system, 150, "automated")
    claim_all(system, 10, "manual")
    (row,) = standings([system], NOW)
    assert row.score is not None and row.score.score.score == Fraction(7, 2)
    assert row.change == Fraction(-7, 2)
    assert (row.failing, row.at_risk, row.review_due) == (0, 0, False)


def test_nothing_recorded_is_no_score(meridian: Organisation) -> None:
    (row,) = standings([make_system(meridian, NOW)], NOW)
    assert (row.score, row.before, row.change, row.review_due) == (None, None, None, False)


def test_checks_fail_by_their_newest_result_in_the_window(meridian: Organisation) -> None:
    system = make_system(meridian, NOW - 90 * DAY)
    post(system, ["data-1", "data-2"], [NOW - DAY], NOW, status="failed")
    post(system, ["data-2"], [NOW - HOUR], NOW)
    post(system, ["data-3"], [NOW - 30 * DAY], NOW, status="failed")
    post(system, ["data-4"], [NOW - 30 * DAY + timedelta(microseconds=1)], NOW, status="error")
    (row,) = standings([system], NOW)
    assert row.failing == 2


def test_evidence_is_lapsing_within_a_week_and_lapsed_while_it_is_claimed(meridian: Organisation) -> None:
    system = make_system(meridian, NOW - 400 * DAY)
    assess(system, NOW - 300 * DAY, {"data-1": "automated", "data-2": "manual"})
    post(system, ["data-1", "data-4"], nightly(NOW - 300 * DAY, NOW - 200 * DAY, 5 * DAY), NOW)
    post(system, ["data-2"], [NOW - 23 * DAY], NOW)
    post(system, ["data-3"], [NOW - 22 * DAY], NOW)
    post(system, ["data-5"], [NOW - 60 * DAY], NOW)
    (row,) = standings([system], NOW)
    # data-1 claims what evidence lost; data-4 lost it long ago and claims nothing; data-5 lost it lately.
    assert (row.lapsing, row.lapsed) == (1, 2)


def test_what_needs_attention_comes_first(meridian: Organisation) -> None:
    names = ["Falls and fails", "Fails", "Low", "High", "Unassessed", "Retired"]
    systems = {name: make_system(meridian, NOW - 200 * DAY, name=name) for name in names}
    claim_all(systems["Falls and fails"], 150, "automated")
    for name in names[:4]:
        claim_all(systems[name], 10, "automated" if name == "High" else "manual")
    for name in names[:2]:
        post(systems[name], ["data-1"], [NOW - DAY], NOW, status="failed")
    claim_all(systems["Retired"], 150, "automated")
    actor = Actor(meridian)
    retired = update_system(actor=actor, system=systems["Retired"], changes={"lifecycle": "retired"}, at=NOW - DAY)
    rows = standings([*list(systems.values())[:5], retired], NOW)
    assert [row.system.name for row in sorted(rows, key=lambda row: row.attention)] == names


def test_figures_are_of_one_rubrics_systems_in_use(meridian: Organisation) -> None:
    strong = make_system(meridian, NOW - 200 * DAY, name="Strong")
    claim_all(strong, 150, "automated")
    weak = make_system(meridian, NOW - 200 * DAY, name="Weak")
    assess(weak, NOW - 10 * DAY, dict.fromkeys(RUBRIC.tests, "manual") | {"data-1": "none"})
    post(weak, RUBRIC.tests, [NOW - 26 * DAY], NOW)
    unassessed = make_system(meridian, NOW, name="Unassessed")
    other = make_system(meridian, NOW - 200 * DAY, name="Other", rubric="key-principles")
    systems = [strong, weak, unassessed, other]
    assert main_rubric(systems) is RUBRIC
    found = figures(RUBRIC, standings(systems, NOW))
    assert (found.systems, found.unassessed) == (2, 1)
    assert (found.median.value, found.median.before) == (Fraction(21, 4), Fraction(7))
    assert found.verified_share.value == Fraction(14 * 100, 42)
    assert found.verified_share.before == 0
    assert found.edge is not None and found.edge.edge == 2
    assert (found.above.value, found.above.before) == (Fraction(2), Fraction(1))
    assert (found.lapsing, found.lowering) == (28, 1)
    assert {key: [row.system.name for row in rows] for key, rows in found.by_band.items() if rows} == {
        RUBRIC.bands[-1].key: ["Strong"],
        RUBRIC.bands[-2].key: ["Weak"],
    }
    assert found.limiting == {"data": 2, "model": 2, "infra": 2, "monitor": 2}


def test_the_main_rubric_is_the_default_one_of_equals(meridian: Organisation) -> None:
    systems = [make_system(meridian, NOW, name="A", rubric="key-principles"), make_system(meridian, NOW, name="B")]
    assert main_rubric(systems) is RUBRIC
    assert main_rubric(systems[:1]).key == "key-principles"
    assert main_rubric([]) is RUBRIC


def test_a_review_is_due_after_the_interval_or_without_an_assessment(meridian: Organisation) -> None:
    system = make_system(meridian, NOW - 200 * DAY)
    assert review_is_due(system, None, NOW)
    assert not review_is_due(system, NOW - 90 * DAY, NOW)
    assert review_is_due(system, NOW - 90 * DAY - timedelta(microseconds=1), NOW)


def test_rows_cost_the_same_for_any_number_of_systems(
    meridian: Organisation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    systems = [make_system(meridian, NOW - 9 * DAY, name=f"System {number}") for number in range(5)]
    for system in systems:
        post(system, ["data-1", "model-1"], nightly(NOW - 5 * DAY, NOW), NOW)
    for queries in (5, 2):
        for chosen in (systems[:1], systems):
            with django_assert_num_queries(queries):
                standings(chosen, NOW)
        assert keep_for(60.0)
