"""`/metrics/scores`: well-formed by Prometheus's own parser, the same numbers as everywhere, and one tenant's alone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organisation
from api.resources.gauges import METRICS
from assessments.models import System
from evidence.rules_of import Rules
from scores.gauges import gauges
from scores.keeping import keep_for
from scores.reading import full_score
from tests.api.client import Api, problem
from tests.api.conftest import MakeApi
from tests.docs.pages import DOCS, table
from tests.factories import DAY, HOUR, assess, fraud_story, make_system, make_team, post

pytestmark = pytest.mark.django_db

Series = dict[tuple[str, ...], float]


def scraped(api: Api) -> dict[str, Series]:
    """The values by metric, each by system, team, lifecycle, rubric and, where there is one, category."""
    response = Client().get("/metrics/scores", headers={**api.headers, "Accept": "text/plain;version=0.0.4"})
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/plain; version=")
    found: dict[str, Series] = {}
    for family in text_string_to_metric_families(response.content.decode()):
        assert family.type == "gauge" and family.documentation
        found[family.name] = {}
        for sample in family.samples:
            names = [name for name in ("system", "team", "lifecycle", "rubric", "category") if name in sample.labels]
            assert set(names) == set(sample.labels)
            found[family.name][tuple(sample.labels[name] for name in names)] = sample.value
    return found


def only(series: Series) -> float:
    """The value of a metric that one system alone has."""
    (value,) = series.values()
    return value


def test_it_says_what_the_score_says(api: Api, organisation: Organisation) -> None:
    now = timezone.now()
    team = make_team(organisation)
    system = fraud_story(organisation, now, team=team, lifecycle="production", target_score=Decimal(6))
    full = full_score(system, now)
    found = scraped(api)
    assert set(found["mlscore_score"]) == {(system.slug, "payments-risk", "production", "ml-test-score-2017")}
    totals = full.total
    assert only(found["mlscore_score"]) == totals.score.score
    assert only(found["mlscore_claimed_score"]) == totals.claimed.score
    assert only(found["mlscore_verified_score"]) == totals.verified.score
    assert only(found["mlscore_target_score"]) == 6
    by_category = {labels[-1]: value for labels, value in found["mlscore_category_score"].items()}
    assert by_category == totals.score.categories
    verified = {labels[-1]: value for labels, value in found["mlscore_category_verified_score"].items()}
    assert verified == totals.verified.categories
    assert only(found["mlscore_credited_points"]) == sum(by_category.values())
    assert only(found["mlscore_verified_ratio"]) == pytest.approx(sum(verified.values()) / sum(by_category.values()))
    falls = [test.fresh_until - now for test in full.tests if test.fresh_until is not None]
    assert only(found["mlscore_next_lapse_seconds"]) == pytest.approx(min(falls).total_seconds(), abs=60)
    assert only(found["mlscore_lapsing_tests"]) == sum(left <= 7 * DAY for left in falls) > 0
    assert only(found["mlscore_failing_checks"]) == 1
    assert only(found["mlscore_review_due"]) == 0


def test_what_is_not_recorded_has_no_series(api: Api, organisation: Organisation) -> None:
    now = timezone.now()
    make_system(organisation, now, name="Blank")
    found = scraped(api)
    (labels,) = found["mlscore_failing_checks"]
    assert labels[:2] == ("blank", "") and found["mlscore_review_due"] == {labels: 0}
    assert {name for name, series in found.items() if series} == {
        "mlscore_failing_checks",
        "mlscore_lapsing_tests",
        "mlscore_review_due",
    }


def test_every_metric_is_documented_and_no_other() -> None:
    page = (DOCS / "reference/metrics.md").read_text(encoding="utf-8")
    assert [name for name, _ in table(page, "metric", "value")] == [metric.name for metric in METRICS]


def test_a_review_is_due_and_the_last_lapse_is_over(organisation: Organisation) -> None:
    now = timezone.now()
    system = make_system(organisation, now - 200 * DAY)
    assess(system, now - 91 * DAY, {"data-1": "manual"})
    post(system, ["data-2"], [now - 10 * DAY], now)
    window = Rules.of(system).freshness("data-2").window

    def at(moment: datetime) -> Any:
        return gauges([system], moment)[0]

    assert at(now).review_due and not at(now - 2 * DAY).review_due
    assert at(now).falls_at == now - 10 * DAY + window and at(now).lapsing == 0
    assert at(now - 10 * DAY + window - HOUR).lapsing == 1
    assert at(now - 10 * DAY + window).falls_at is None
    assert at(now - 92 * DAY).score is None


def test_a_bound_token_sees_its_system_alone_and_nobody_another_tenants(
    make_api: MakeApi, system: System, churn: System, foreign: System
) -> None:
    def slugs(api: Api) -> set[str]:
        return {labels[0] for labels in scraped(api)["mlscore_review_due"]}

    assert slugs(make_api()) == {"fraud-scorer", "churn"}
    assert slugs(make_api("read", system=churn)) == {"churn"}
    assert slugs(make_api("read", of=foreign.organisation)) == {"secret"}


def test_without_the_scope_and_without_a_token_it_answers_a_problem(make_api: MakeApi) -> None:
    headers = make_api("results:write").headers
    problem(Client().get("/metrics/scores", headers=headers), 403)
    problem(Client().get("/metrics/scores", headers={"Accept": "application/openmetrics-text"}), 401)


def test_a_scrape_costs_as_many_statements_whatever_the_number_of_systems(
    api: Api, organisation: Organisation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    for name in ("One", "Two", "Three"):
        assess(make_system(organisation, now - DAY, name=name), now - HOUR, {"data-1": "manual"})
    counted = scraped(api)
    for statements in (7, 4):
        with django_assert_max_num_queries(statements):
            assert scraped(api) == counted and len(counted["mlscore_score"]) == 3
        # Kept states say the same.
        assert keep_for(60.0)
