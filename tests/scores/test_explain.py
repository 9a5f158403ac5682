from datetime import UTC, datetime

import pytest

from accounts.actors import Actor
from assessments.models import System
from evidence.models import Result
from evidence.posting import PostedResult
from evidence.recording import record_results
from evidence.rule_changes import change_rules
from rubric.levels import Level
from scores.explain import Wanted, explain, result_page, results_of
from tests.factories import DAY, HOUR, assess, make_organisation, make_system, nightly, post

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def system() -> System:
    return make_system(make_organisation(), NOW - 200 * DAY)


def test_a_test_is_explained_by_its_claim_its_runs_and_its_checks(system: System) -> None:
    assessment = assess(system, NOW - 20 * DAY, {"data-1": "manual"}, why="We look at it each quarter.")
    post(system, ["data-1"], [NOW - 40 * DAY, NOW - 2 * DAY, NOW - DAY], NOW, branch="main")
    post(system, ["data-2"], [NOW - DAY], NOW, status="failed")
    found = explain(system, "data-1", NOW)
    assert (found.score.level, found.score.claimed, found.score.verified) == (
        Level.AUTOMATED,
        Level.MANUAL,
        Level.AUTOMATED,
    )
    assert (found.window, found.own_window) == (30 * DAY, False)
    assert found.assessment == assessment
    assert found.justification == "We look at it each quarter."
    assert found.evidence == ("https://wiki.example.com/data-1",)
    assert [(run.time, run.branch) for run in found.runs] == [(NOW - DAY, "main"), (NOW - 2 * DAY, "main")]
    assert [(check.name, check.newest_status) for check in found.checks] == [("data-1", "passed")]
    assert found.score.health == "passing"


def test_an_assessment_that_says_nothing_of_the_test_claims_none(system: System) -> None:
    assess(system, NOW - 20 * DAY, {"data-1": "manual"})
    found = explain(system, "model-1", NOW)
    assert (found.answered, found.justification, found.evidence, found.runs) == (False, "", (), ())
    assert found.assessment is not None


def test_the_window_in_force_is_the_systems_own_where_it_has_one(system: System) -> None:
    change_rules(actor=Actor(system.organisation), system=system, changes={"windows": {"data-1": 3}}, at=NOW)
    system.refresh_from_db()
    found = explain(system, "data-1", NOW)
    assert (found.window, found.own_window) == (3 * DAY, True)


def test_a_run_on_two_branches_is_listed_once_by_its_time(system: System) -> None:
    for branch, at in (("main", NOW - DAY), ("dev", NOW - DAY), ("late", NOW - HOUR)):
        shared = PostedResult(system.slug, "data-1", "shared", "passed", f"on {branch}", at, branch=branch)
        record_results(actor=Actor(system.organisation), results=[shared], received_at=NOW)
    found = explain(system, "data-1", NOW)
    assert [(run.run_id, run.time) for run in found.runs] == [("shared", NOW - DAY)]
    assert found.score.runs == 1


def test_results_are_narrowed_and_paged_without_gaps(system: System) -> None:
    times = nightly(NOW - 5 * DAY, NOW)
    post(system, ["data-1", "data-2"], times, NOW)
    post(system, ["data-1"], [NOW - HOUR], NOW, status="failed", run="manual")
    everything = list(results_of(system, Wanted()))
    assert len(everything) == 11
    for size in (1, 2, 3, 5, 10, 11, 12):
        cursor = ""
        seen: list[Result] = []
        while True:
            page = result_page(results_of(system, Wanted()), cursor, size)
            seen += page.results
            cursor = page.following
            if not cursor:
                break
        assert seen == everything
    assert [result.run_id for result in results_of(system, Wanted(test="data-1", status="failed"))] == [
        f"manual {NOW - HOUR:%Y-%m-%d %H:%M}"
    ]
    assert len(results_of(system, Wanted(check="data-2"))) == 5
    assert len(results_of(system, Wanted(run_id=f"nightly {times[0]:%Y-%m-%d %H:%M}"))) == 2


@pytest.mark.parametrize(
    "text", ["x", "_", "2026-11-21_5", "2026-11-21T10:00:00+00:00_", "2026-11-21T10:00:00+00:00_x"]
)
def test_text_that_is_no_cursor_is_refused(system: System, text: str) -> None:
    with pytest.raises(ValueError, match=r"cursor|isoformat"):
        result_page(results_of(system, Wanted()), text, 10)


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_cursor_whose_instant_has_no_form_in_utc_is_refused(system: System, year: str) -> None:
    edge = "01-01T00:00:00+14:00" if year == "0001" else "12-31T23:59:59-14:00"
    with pytest.raises(ValueError, match="no cursor"):
        result_page(results_of(system, Wanted()), f"{year}-{edge}_1", 10)
