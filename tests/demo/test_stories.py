"""Each system's story can be read off its score, its history and its evidence."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from statistics import median

import pytest

from accounts.models import Activity
from assessments.models import Assessment, AssessmentStatus, Initiative, System
from evidence.models import Result, Run
from rubric.levels import Level
from rubric.loader import builtin
from scores.reading import first_fact_at
from scores.score import Health
from scores.standings import standings
from scores.trends import trend
from tests.demo.conftest import DAY, NOW, Demo

pytestmark = pytest.mark.django_db
MICROSECOND = timedelta(microseconds=1)
WINDOW = 30 * DAY


def newest_assessment_age(slug: str) -> timedelta:
    newest = Assessment.objects.final().filter(system__slug=slug).last()
    assert newest is not None and newest.effective_at is not None
    return NOW - newest.effective_at


@pytest.mark.parametrize("key", ["data-1", "data-4", "data-7", "monitor-2", "monitor-5", "monitor-6"])
def test_the_broken_pipeline_lapses_at_the_exact_instant_its_window_passes(demo: Demo, key: str) -> None:
    last, before_last = Result.objects.filter(system__slug="search-ranking", check_of__test=key).order_by(
        "-observed_at"
    )[:2]
    to_manual = before_last.observed_at + WINDOW
    to_none = last.observed_at + WINDOW
    levels = [
        demo.test("search-ranking", key, at).verified
        for at in (to_manual - MICROSECOND, to_manual, to_none - MICROSECOND, to_none)
    ]
    assert levels == [Level.AUTOMATED, Level.MANUAL, Level.MANUAL, Level.NONE]
    assert 10 * DAY < NOW - to_none < 12 * DAY


def test_only_claims_hold_the_score_of_the_broken_pipeline(demo: Demo) -> None:
    before, after = demo.full("search-ranking", NOW - 14 * DAY).total, demo.full("search-ranking").total
    assert [float(each.score) for each in (before.score, before.claimed, before.verified)] == [3.0, 2.0, 3.0]
    assert [float(each.score) for each in (after.score, after.claimed, after.verified)] == [2.0, 2.0, 0.0]


def test_the_broken_pipeline_is_silent_rather_than_failing(demo: Demo) -> None:
    lapsed = [test for test in demo.full("search-ranking").tests if test.evidence_says_less]
    assert {"monitor-2", "monitor-5"} <= {test.test.key for test in lapsed}
    assert all(demo.test("search-ranking", key).health is Health.NONE for key in ("monitor-2", "monitor-5"))
    assert demo.test("search-ranking", "model-6").health is Health.PASSING


def test_the_steady_climb_rises_every_quarter_and_never_falls(demo: Demo) -> None:
    quarters = [demo.score("demand-forecast", NOW - days * DAY) for days in (540, 450, 360, 270, 180, 90, 0)]
    assert quarters == [0.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    points = demo.history("demand-forecast")
    assert all(earlier.score <= later.score for earlier, later in pairwise(points))
    assert float(points[-1].verified) == 2.0


def test_evidence_contradicts_the_claims_of_the_card_fraud_team(demo: Demo) -> None:
    less = {
        test.test.key: (test.claimed, test.verified)
        for test in demo.full("card-fraud-scoring").tests
        if test.evidence_says_less
    }
    assert less == {
        "monitor-2": (Level.AUTOMATED, Level.NONE),
        "infra-3": (Level.AUTOMATED, Level.MANUAL),
    }
    total = demo.full("card-fraud-scoring").total
    assert [float(each.score) for each in (total.claimed, total.verified)] == [1.5, 0.5]
    assert demo.test("card-fraud-scoring", "infra-6").evidence_says_more
    # The claim is younger than the last run that could have supported it.
    assert (
        newest_assessment_age("card-fraud-scoring") < NOW - demo.newest("card-fraud-scoring", "monitor-2").observed_at
    )


def test_the_card_fraud_team_has_a_draft_open_and_a_mistaken_assessment_voided(demo: Demo) -> None:
    own = Assessment.objects.filter(system__slug="card-fraud-scoring")
    assert own.filter(status=AssessmentStatus.DRAFT).count() == 1
    voided = own.get(status=AssessmentStatus.VOIDED)
    assert "mistake" in voided.void_reason and voided.effective_at is not None
    assert float(demo.full("card-fraud-scoring", voided.effective_at + DAY).total.claimed.categories["monitor"]) == 1.0


def test_the_exemplary_system_proves_all_that_it_scores(demo: Demo) -> None:
    full = demo.full("credit-limit")
    assert {float(each.score) for each in (full.total.score, full.total.claimed, full.total.verified)} == {5.0}
    assert full.total.band is not None and full.total.band.key == "strong"
    assert not any(test.evidence_says_less or test.health is Health.FAILING for test in full.tests)
    # Quarterly drills count between two of them, by windows of their own.
    assert demo.test("credit-limit", "infra-7").verified is Level.AUTOMATED


def test_the_neglected_system_is_due_for_review_and_has_nothing_fresh(demo: Demo) -> None:
    due = {
        row.system.slug
        for row in standings([demo.system("ad-click-prediction"), demo.system("credit-limit")], NOW)
        if row.review_due
    }
    assert due == {"ad-click-prediction"}
    assert newest_assessment_age("ad-click-prediction") > 365 * DAY
    assert demo.system("ad-click-prediction").owner is None
    full = demo.full("ad-click-prediction")
    assert float(full.total.score.score) == 0.0 and full.total.score.limiting == ("monitor",)
    assert all(test.verified is Level.NONE and test.runs == 0 for test in full.tests)
    assert demo.score("ad-click-prediction", NOW - 390 * DAY) == 1.0
    assert Assessment.objects.filter(system__slug="ad-click-prediction", imported=True).count() == 1


def test_failing_checks_show_and_cost_nothing(demo: Demo) -> None:
    tests = {test.test.key: test for test in demo.full("content-moderation").tests}
    failing = {key for key, test in tests.items() if test.health is Health.FAILING}
    assert failing == {"model-6", "infra-3", "monitor-7"}
    assert {tests[key].verified for key in failing} == {Level.AUTOMATED}
    assert demo.score("content-moderation") == 2.5
    assert demo.newest("content-moderation", "infra-3").status == "error"


def test_one_check_of_content_moderation_flickers(demo: Demo) -> None:
    results = Result.objects.filter(system__slug="content-moderation", check_of__name="queue invariants")
    statuses = list(results.order_by("observed_at").values_list("status", flat=True))
    assert sum(before != after for before, after in pairwise(statuses)) >= 6


def test_results_of_the_staging_queue_are_voided_with_their_reason(demo: Demo) -> None:
    voided = Result.objects.filter(voided_at__isnull=False)
    assert {result.system.slug for result in voided} == {"content-moderation", "card-fraud-scoring"}
    assert all("staging" in result.void_reason and result.voided_by == "tomas@meridian.example" for result in voided)


def test_evidence_of_the_account_takeover_model_lapses_within_days(demo: Demo) -> None:
    assert [demo.score("account-takeover", NOW + days * DAY) for days in (0, 7)] == [2.0, 1.0]
    lapsing = [test for test in demo.full("account-takeover").tests if test.fresh_until is not None]
    assert lapsing and all(test.fresh_until <= NOW + 4 * DAY for test in lapsing if test.fresh_until)


def test_late_results_closed_the_gap_in_the_couriers_history(demo: Demo) -> None:
    results = Result.objects.filter(system__slug="courier-eta", check_of__test="monitor-7").order_by("observed_at")
    late = [result for result in results if result.received_at - result.observed_at > DAY]
    assert len(late) >= 5 and len({result.received_at for result in late}) == 1
    silent = late[0].received_at - max(r.received_at for r in results if r.received_at < late[0].received_at)
    assert silent > WINDOW
    at = late[0].observed_at
    while at <= late[-1].received_at:
        assert demo.test("courier-eta", "monitor-7", at).verified is Level.AUTOMATED
        at += DAY


def test_what_an_experiments_branch_proves_is_stored_and_counts_nothing(demo: Demo) -> None:
    system = demo.system("query-rewriting")
    assert (system.counted_branch, system.rubric) == ("main", "key-principles")
    assert Run.objects.filter(system=system, test="testing-3", branch="experiment/t5-small").count() > 15
    assert demo.test("query-rewriting", "testing-3").verified is Level.NONE
    assert demo.test("query-rewriting", "testing-2").verified is Level.AUTOMATED
    assert demo.score("query-rewriting") == 50.0
    assert Activity.objects.filter(system=system, action="rules.changed").count() == 1


def test_the_moved_system_changes_its_scale_where_it_moved(demo: Demo) -> None:
    points = demo.history("basket-suggestions")
    moves = [(before, after) for before, after in pairwise(points) if before.rubric != after.rubric]
    assert [(before.rubric, after.rubric) for before, after in moves] == [("ml-test-score-2016", "ml-test-score-2017")]
    before, after = moves[0]
    assert (float(before.score), float(after.score)) == (3.0, 1.5)
    assert demo.score("basket-suggestions") == 3.0


def test_the_retired_system_leaves_the_trend_when_it_is_retired(demo: Demo) -> None:
    system = demo.system("coupon-targeting")
    assert system.retired_at is not None and 110 * DAY < NOW - system.retired_at < 115 * DAY
    assert system.rubric == "ml-test-score-2016"
    assert not Result.objects.filter(system=system, observed_at__gt=system.retired_at).exists()
    ends = [system.retired_at - MICROSECOND, system.retired_at]
    assert [bucket.systems for bucket in trend([system], ends, builtin()[system.rubric])] == [1, 0]


def test_the_experiment_has_no_fact_yet(demo: Demo) -> None:
    system = demo.system("churn-uplift")
    assert first_fact_at(system) is None and system.lifecycle == "experiment"
    assert not Assessment.objects.filter(system=system).exists()


def test_the_organisation_is_spread_over_the_bands(demo: Demo) -> None:
    slugs = System.objects.filter(rubric="ml-test-score-2017", lifecycle="production").values_list("slug", flat=True)
    totals = [demo.full(slug).total for slug in slugs]
    assert 1.5 <= median(float(total.score.score) for total in totals) <= 2.0
    bands = {total.band.key for total in totals if total.band}
    assert bands == {"research", "serious-holes", "first-pass", "reasonably-tested", "strong"}
    assert {total.score.limiting[0] for total in totals} == {"data", "model", "infra", "monitor"}


def test_an_initiative_of_three_teams_is_halfway_there(demo: Demo) -> None:
    """Its facts say which steps are done; one that isn't was due before NOW."""
    made = Initiative.objects.get()
    done = {
        step: demo.test(step.system.slug, step.test).level >= Level[step.level.upper()] for step in made.steps.all()
    }
    assert (len(done), sum(done.values())) == (8, 4)
    assert [
        step.test for step, is_done in done.items() if not is_done and step.due_on and step.due_on < NOW.date()
    ] == ["monitor-5"]
