"""A system's pages with real data: every number, and the way to the facts behind it, in the HTML alone."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.actors import Actor
from accounts.models import Membership, Organisation
from assessments.initiatives import WantedStep, create_initiative
from assessments.models import System
from assessments.operations import start_assessment
from evidence import preparation, rule_changes
from evidence.formats import read as read_report
from evidence.importing import RunOfReport, import_report
from evidence.models import Result
from evidence.rule_changes import change_rules, pending_of
from rubric.loader import builtin
from scores.reading import full_score
from tests.dashboards.pages import BUDGET, SignIn, address, read, text_of
from tests.factories import DAY, HOUR, all_tests, assess, make_system, nightly, post

RUBRIC = builtin()["ml-test-score-2017"]
pytestmark = pytest.mark.django_db


def test_the_page_has_every_number_without_any_script(
    fraud: System, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    html = read(sign_in(viewer), address(fraud))
    words = text_of(html)
    full = full_score(fraud, now)
    assert "2.5 of 7" in words and "Reasonably tested" in words
    assert "Monitoring holds the score back: 2.5. The next band, " in words
    assert "Claimed 2.5" in words and "Verified 0.0" in words
    unverified = sum(float(row.unverified) for row in full.categories)
    assert f"Unverified points {unverified:.1f} of {sum(float(row.score) for row in full.categories):.1f}" in words
    for row in full.categories:
        assert f"{float(row.score):.1f} of 7 · {float(row.verified):.1f} verified" in words
    for test in full.tests:
        assert test.test.title in words
        assert f'href="{address(fraud, f"tests/{test.test.key}/")}"' in html
    assert words.count("lapsed 20 days ago") == 2
    assert "1 run left, lapses in" in words and "failing" in words
    assert "Adjusted 2.5, without 1 test claimed not applicable." in words
    assert "The system as of" in words and "As a table" in words


def test_the_chart_marks_assessments_and_lapses(fraud: System, viewer: Membership, sign_in: SignIn) -> None:
    html = read(sign_in(viewer), address(fraud))
    figure = json.loads(re.search(r'<script id="trend-figure"[^>]*>(.*?)</script>', html, re.S)[1])  # type: ignore[index]
    names = [trace["name"] for trace in figure["data"]]
    assert names == [
        "Score",
        "Data",
        "Model",
        "Infrastructure",
        "Monitoring",
        "Verified score",
        "Not reported",
        "Assessment",
        "Lapse",
    ]
    marked = {trace["name"]: len(trace["x"]) for trace in figure["data"]}
    assert marked["Assessment"] == 3
    assert figure["data"][0]["y"][-1] == 2.5


def test_next_steps_name_what_is_missing_and_what_to_prove(fraud: System, viewer: Membership, sign_in: SignIn) -> None:
    words = text_of(read(sign_in(viewer), address(fraud)))
    assert "The way to 3.5 Monitoring : 1.0 point missing" in words
    assert "Models are numerically stable Run it once by hand" in words
    assert "Then prove what is claimed" in words
    assert "Lapsed 20 days ago. Claimed automated." in words
    System.objects.filter(pk=fraud.pk).update(target_score=3)
    words = text_of(read(sign_in(viewer), address(fraud)))
    assert "The way to 3.0 Monitoring : 0.5 points missing" in words


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("2.5", "Gate passed The target is the policy"),
        ("2.500001", "min_score failed 2.5 2.500001"),
        (None, "No target is set, so each pipeline has to name its conditions."),
    ],
)
def test_the_target_is_the_gate_of_pipelines_that_name_no_condition(
    fraud: System, viewer: Membership, sign_in: SignIn, target: str | None, words: str
) -> None:
    System.objects.filter(pk=fraud.pk).update(target_score=target)
    html = read(sign_in(viewer), address(fraud))
    assert words in text_of(html)
    assert f"mlscore gate --system {fraud.slug}" in html
    assert "Set a target" not in html
    assert 'id="gate-h"' not in read(sign_in(viewer), address(fraud, "?at=2026-06-01"))


def test_the_gate_of_a_rubric_of_shares_is_in_percent(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    docs = make_system(organisation, now, name="Docs", rubric="key-principles", target_score=70)
    assess(docs, now - DAY, {})
    assert "min_score failed 0 % 70 %" in text_of(read(sign_in(viewer), address(docs)))


@pytest.mark.parametrize("days_ago", [0, 30])
def test_recent_results_are_the_newest_of_each_check_and_lead_to_them(
    fraud: System, viewer: Membership, sign_in: SignIn, days_ago: int
) -> None:
    at = (timezone.now() - days_ago * DAY).replace(microsecond=0) if days_ago else timezone.now()
    html = read(sign_in(viewer), address(fraud, f"?at={at:%Y-%m-%dT%H:%M:%SZ}" if days_ago else ""))
    newest = Result.objects.filter(system=fraud, observed_at__lte=at).newest_first().select_related("check_of")
    times: dict[str, datetime] = {}
    for result in newest:
        times.setdefault(result.check_of.name, result.observed_at)
    shown = re.findall(r'class="r-name"><a href="[^"]*\?check=([^"]+)"', html)
    assert sorted(shown) == sorted(times)
    assert [times[name] for name in shown] == sorted(times.values(), reverse=True)


@pytest.mark.parametrize("at", ["2026-01-01", "2026-01-01T00:00:00Z"])
def test_a_past_moment_shows_the_score_of_that_time(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, at: str
) -> None:
    moment = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    system = make_system(organisation, moment - 40 * DAY)
    assess(system, moment - 30 * DAY, dict.fromkeys(RUBRIC.tests, "manual"))
    assess(system, moment + 5 * DAY, dict.fromkeys(RUBRIC.tests, "automated"))
    client = sign_in(viewer)
    past = text_of(read(client, address(system, f"?at={at}")))
    assert "This is the system as of 1 Jan 2026" in past and "Back to the present" in past
    assert "3.5 of 7" in past and "Assess again" not in past
    present = text_of(read(client, address(system)))
    assert "7.0 of 7" in present and "Back to the present" not in present
    before = text_of(read(client, address(system, "?at=2025-11-01")))
    assert "Nothing recorded by then" in before


def test_a_future_moment_shows_what_lapses(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    system = make_system(organisation, now - 40 * DAY)
    post(system, all_tests(system), [now - 2 * DAY, now - DAY], now)
    client = sign_in(viewer)
    assert "7.0 of 7" in text_of(read(client, address(system)))
    later = (now + 40 * DAY).strftime("%Y-%m-%d")
    assert "0.0 of 7" in text_of(read(client, address(system, f"?at={later}")))


@pytest.mark.parametrize(
    "at", ["yesterday", "0001-01-01", "9999-12-31", "2026-13-01", "0001-01-01T00:00:00+14:00", "%00"]
)
def test_what_is_no_moment_is_refused(organisation: Organisation, viewer: Membership, sign_in: SignIn, at: str) -> None:
    system = make_system(organisation, timezone.now())
    read(sign_in(viewer), address(system, f"?at={at}"), 400)


def test_an_unassessed_system_shows_a_dash_and_two_ways_on(
    organisation: Organisation, viewer: Membership, assessor: Membership, sign_in: SignIn
) -> None:
    system = make_system(organisation, timezone.now())
    words = text_of(read(sign_in(assessor), address(system)))
    assert "Not assessed" in words and "Start the first assessment" in words and "Connect a pipeline" in words
    assert "0.0" not in words
    assert "Ask an assessor for the first assessment" in text_of(read(sign_in(viewer), address(system)))


def test_results_without_an_assessment_are_a_score_without_a_claim(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    system = make_system(organisation, now)
    post(system, ["data-1"], [now - HOUR], now)
    words = text_of(read(sign_in(viewer), address(system)))
    assert "Claimed – not assessed" in words and "0.0 of 7" in words


def test_an_open_draft_is_continued(
    organisation: Organisation, assessor: Membership, sign_in: SignIn, now: datetime
) -> None:
    system = make_system(organisation, now)
    draft = start_assessment(actor=Actor.of(assessor), system=system, at=now)
    html = read(sign_in(assessor), address(system))
    assert "Continue assessment" in html and address(system, f"assessments/{draft.pk}/") in html


def test_a_rubric_of_shares_counts_in_percent(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    system = make_system(organisation, now, rubric="key-principles")
    assess(system, now, dict.fromkeys(all_tests(system), "manual"))
    words = text_of(read(sign_in(viewer), address(system)))
    assert "50 % " in words and "hold the score back: 50 %." in words and "The way to 62.5 %" in words


def test_what_people_and_pipelines_wrote_is_escaped(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    hostile = "<script>alert(1)</script>&amp;\"'"
    system = make_system(organisation, now, name=hostile, description=hostile, tags=[hostile[:40]])
    assess(system, now - HOUR, {"data-1": "manual"}, why=hostile)
    post(system, ["data-1"], [now - HOUR], now, run=hostile, message=hostile, branch=hostile, commit=hostile)
    result = Result.objects.get(system=system)
    client = sign_in(viewer)
    for rest in ("", "tests/data-1/", "results/", f"results/{result.pk}/", "connect/"):
        assert "<script>alert" not in read(client, address(system, rest))


def test_connecting_shows_a_request_to_copy(
    organisation: Organisation, admin: Membership, viewer: Membership, sign_in: SignIn
) -> None:
    system = make_system(organisation, timezone.now(), slug="fraud-scorer")
    html = read(sign_in(admin), address(system, "connect/"))
    assert '"system": "fraud-scorer"' in unescape(html) and "/api/v1/results/" in html
    assert 'href="/o/acme/tokens/"' in html
    assert 'href="/o/acme/tokens/"' not in read(sign_in(viewer), address(system, "connect/"))


@pytest.mark.parametrize("rest", ["", "?at=2026-06-01", "tests/data-1/", "results/", "connect/"])
def test_pages_cost_at_most_twelve_statements(
    fraud: System,
    owner: Membership,
    sign_in: SignIn,
    rest: str,
    now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = sign_in(owner)
    with django_assert_max_num_queries(BUDGET):
        read(client, address(fraud, rest))
    post(fraud, all_tests(fraud), nightly(now - 20 * DAY, now), now, run="more")
    post(fraud, ["data-1"], [now + timedelta(minutes=4)], now, run="ahead")
    with django_assert_max_num_queries(BUDGET):
        read(client, address(fraud, rest))


def test_a_system_that_has_everything_costs_at_most_twelve_statements(
    fraud: System,
    owner: Membership,
    sign_in: SignIn,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    actor = Actor(fraud.organisation)
    System.objects.filter(pk=fraud.pk).update(target_score=3)
    Organisation.objects.update(retention_months=6)
    post(fraud, all_tests(fraud), nightly(now - 20 * DAY, now), now, run="more", model_version="v1")
    post(fraud, ["data-1"], [now + timedelta(minutes=4)], now, run="ahead")
    report = read_report("junit", b"<testsuite><testcase classname='ui' name='b'/></testsuite>")
    import_report(actor=actor, system=fraud, report=report, run=RunOfReport("1"), received_at=now)
    start_assessment(actor=actor, system=fraud, at=now)
    steps = [WantedStep(fraud, "data-1", "automated"), WantedStep(fraud, "model-6", "manual")]
    create_initiative(actor=actor, title="Schemas", steps=steps, at=now)
    monkeypatch.setattr(rule_changes, "AT_ONCE", 1)
    monkeypatch.setattr(preparation, "STRETCH", 3)
    change_rules(actor=actor, changes={"window_days": 7}, at=now)
    change = pending_of(fraud.organisation)
    assert change is not None
    while len(preparation.unprepared(change)) > 20:
        preparation.prepare_next(change)
    client = sign_in(owner)
    with django_assert_max_num_queries(BUDGET):
        words = text_of(read(client, address(fraud)))
    for shown in ("In preparation", "Mapped to no test", "The target is the policy", "Continue assessment"):
        assert shown in words, shown


def test_a_result_costs_at_most_twelve_statements(
    fraud: System, owner: Membership, sign_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    result = Result.objects.filter(system=fraud).latest("pk")
    client = sign_in(owner)
    with django_assert_max_num_queries(BUDGET):
        read(client, address(fraud, f"results/{result.pk}/"))
