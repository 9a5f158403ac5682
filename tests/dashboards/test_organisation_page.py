"""The organisation's page with real data, from none to many systems."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from html import unescape
from itertools import pairwise

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.actors import Actor
from accounts.models import Membership, Organisation
from assessments.models import System
from assessments.systems import update_system
from dashboards.moments import asked_moment
from dashboards.organisation.choosing import PAGE_SIZE
from dashboards.organisation.filters import Filter
from rubric.loader import builtin
from tests.dashboards.pages import read, text_of
from tests.factories import DAY, assess, fraud_story, make_system, make_team, nightly, post

SignIn = Callable[[Membership], Client]
BUDGET = 12
PAGE = "/o/acme/"
TESTS = list(builtin()["ml-test-score-2017"].tests)
pytestmark = pytest.mark.django_db


@pytest.fixture
def systems(organisation: Organisation, owner: Membership, now: datetime) -> dict[str, System]:
    """Six systems: one in trouble, one strong, one weak, one retired, one of another rubric, one not assessed."""
    risk, growth = make_team(organisation, "Risk", "risk"), make_team(organisation, "Growth", "growth")
    made = {
        "trouble": fraud_story(organisation, now, name="Fraud", team=risk, tags=["pii"], owner=owner.person),
        "strong": make_system(organisation, now - 300 * DAY, name="Search", team=growth, lifecycle="production"),
        "weak": make_system(organisation, now - 300 * DAY, name="Churn", team=growth, tags=["pii", "a&b"]),
        "retired": make_system(organisation, now - 300 * DAY, name="Old ranker", team=risk),
        "other": make_system(organisation, now - 300 * DAY, name="Docs", rubric="key-principles"),
        "silent": make_system(organisation, now, name="Uplift"),
    }
    assess(made["strong"], now - 200 * DAY, dict.fromkeys(TESTS, "manual"))
    post(made["strong"], TESTS, nightly(now - 40 * DAY, now, 2 * DAY), now)
    assess(made["weak"], now - 200 * DAY, {"data-1": "manual"})
    assess(made["retired"], now - 200 * DAY, dict.fromkeys(TESTS, "manual"))
    update_system(actor=Actor.of(owner), system=made["retired"], changes={"lifecycle": "retired"}, at=now - 20 * DAY)
    assess(made["other"], now - 50 * DAY, dict.fromkeys(builtin()["key-principles"].tests, "manual"))
    return made


def names_of(html: str) -> list[str]:
    """The systems in the table, in their order."""
    return [unescape(name) for name in re.findall(r'class="o-name"><a href="[^"]+">([^<]+)</a>', html)]


def test_the_page_has_every_number_without_any_script(
    systems: dict[str, System], viewer: Membership, sign_in: SignIn
) -> None:
    words = text_of(read(sign_in(viewer), PAGE))
    assert "5 of 6 systems in 2 teams, as of" in words
    assert "1 system scored by another rubric is listed below on its own scale." in words
    assert "Median score 2.5" in words
    assert "Verified share of points" in words
    assert "Systems above 2 2 of 3" in words
    assert "Failing checks 1 in 1 system" in words
    assert "Lapse within 7 days 1" in words
    assert "band rests on claims 1 system not assessed" in words
    assert "Search Growth · review due 7.0 Exceptional claimed 3.5 / verified 7.0" in words
    assert "Docs 50 % Key Principles for ML Systems claimed 50 % / verified 0 %" in words
    assert "Uplift – Not assessed" in words


def test_systems_stand_in_their_bands_by_proof(systems: dict[str, System], viewer: Membership, sign_in: SignIn) -> None:
    html = read(sign_in(viewer), PAGE)
    units = re.findall(r'class="unit"\s+href="([^"]+)"\s+aria-label="([^"]+)">\s*<svg[^>]*><use href="#(u-.)"', html)
    assert sorted(units) == [
        ("/o/acme/systems/churn/", "Churn, 0.0, verified 0.0", "u-v"),
        ("/o/acme/systems/fraud/", "Fraud, 2.5, verified 0.0", "u-c"),
        ("/o/acme/systems/search/", "Search, 7.0, verified 7.0", "u-v"),
    ]


def test_every_figure_leads_to_the_systems_that_it_counts(
    systems: dict[str, System], viewer: Membership, sign_in: SignIn
) -> None:
    client = sign_in(viewer)
    html = read(client, PAGE)
    labelled = re.findall(r'href="([^"]*only=(?:band|limit)-[^"]*)"\s*aria-label="(\d+) ', html)
    assert sorted(int(count) for _, count in labelled) == [1, 1, 1, 1, 2, 2, 3]
    others = {"reaching": 2, "failing": 1, "assessed": 3, "improved": 2, "slid": 0, "unassessed": 1}
    links = [(unescape(link), int(count)) for link, count in labelled]
    for link, count in [*links, *((f"?only={name}", count) for name, count in others.items())]:
        assert len(names_of(read(client, PAGE + link))) == count, link


def test_the_page_answers_what_is_asked_first(systems: dict[str, System], viewer: Membership, sign_in: SignIn) -> None:
    html = read(sign_in(viewer), PAGE + "?lifecycle=all")
    assert f'<a href="{PAGE}gaps/?lifecycle=all">All common gaps</a>' in html
    words = text_of(html)
    trouble = "1 check failing evidence of 2 tests lapsed evidence of 1 test lapses within a week"
    assert f"Help these first Most kinds of trouble first, then the most of it. Fraud {trouble}" in words
    assert re.search(r"would by itself raise most scores: \d of 3", words)
    assert re.search(r"Since \d+ \w+ \d{4} 2 improved , 0 slid . Search 3.5 → 7.0 3.5 up Fraud", words)
    assert re.search(r"Lapses in the next 30 days Fraud The ML pipeline is integration tested: manual → none", words)


def test_what_needs_attention_comes_first(systems: dict[str, System], viewer: Membership, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    assert names_of(read(client, PAGE)) == ["Fraud", "Churn", "Search", "Docs", "Uplift"]
    assert names_of(read(client, PAGE + "?sort=name")) == ["Churn", "Docs", "Fraud", "Search", "Uplift"]
    assert names_of(read(client, PAGE + "?sort=score")) == ["Churn", "Fraud", "Docs", "Search", "Uplift"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("team=growth", {"Search", "Churn"}),
        ("tag=pii", {"Fraud", "Churn"}),
        ("tag=a%26b", {"Churn"}),
        ("lifecycle=production", {"Search"}),
        ("lifecycle=retired", {"Old ranker"}),
        ("lifecycle=all&team=risk", {"Fraud", "Old ranker"}),
        ("q=SEAR", {"Search"}),
        ("q=olga", {"Fraud"}),
        ("team=growth&tag=pii", {"Churn"}),
        ("lifecycle=nonsense&sort=nonsense", {"Fraud", "Search", "Churn", "Docs", "Uplift"}),
        ("team=~none", {"Docs", "Uplift"}),
        ("tag=~none", {"Search", "Docs", "Uplift"}),
        ("only=failing", {"Fraud"}),
        ("only=unassessed", {"Uplift"}),
        ("only=nonsense&page=x&team=growth", {"Search", "Churn"}),
        ("team=unknown", set()),
        ("q=%00", set()),
    ],
)
def test_the_page_is_narrowed(
    systems: dict[str, System], viewer: Membership, sign_in: SignIn, query: str, expected: set[str]
) -> None:
    html = read(sign_in(viewer), f"{PAGE}?{query}")
    assert set(names_of(html)) == expected
    assert ("No system is like that." in html) == (not expected)


def test_retired_systems_count_until_they_retired(
    systems: dict[str, System], viewer: Membership, sign_in: SignIn
) -> None:
    html = read(sign_in(viewer), PAGE + "?lifecycle=all")
    figure = json.loads(
        re.search(r'<script id="organisation-trend-figure"[^>]*>(.*?)</script>', html, re.S)[1]  # type: ignore[index]
    )
    (counts,) = (trace["y"] for trace in figure["data"] if trace["name"] == "Systems")
    assert counts[0] == 1 and max(counts) == 4 and counts[-1] == 3
    assert all(after >= before for before, after in pairwise(counts[:-5]))


def test_an_empty_organisation_teaches_the_first_steps(
    organisation: Organisation, viewer: Membership, assessor: Membership, sign_in: SignIn
) -> None:
    html = read(sign_in(assessor), PAGE)
    assert "Create the first system" in html and "/o/acme/systems/new/" in html
    assert "Ask an assessor" in read(sign_in(viewer), PAGE)


def test_systems_of_another_organisation_are_never_shown(
    systems: dict[str, System],
    elsewhere: Organisation,
    stranger: Membership,
    viewer: Membership,
    sign_in: SignIn,
    now: datetime,
) -> None:
    fraud_story(elsewhere, now, name="Globex secret")
    assert "Globex" not in read(sign_in(viewer), PAGE)
    assert names_of(read(sign_in(stranger), "/o/globex/")) == ["Globex secret"]


@pytest.mark.parametrize("count", [0, 12, 200])
def test_the_page_costs_at_most_twelve_statements(
    organisation: Organisation,
    owner: Membership,
    sign_in: SignIn,
    now: datetime,
    count: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    made = [make_system(organisation, now - 60 * DAY, name=f"System {number}") for number in range(count)]
    for system in made[:: max(1, count // 6)]:
        assess(system, now - 30 * DAY, dict.fromkeys(TESTS, "manual"))
        post(system, TESTS[:9], nightly(now - 9 * DAY, now), now)
    for system in made[:1]:
        post(system, ["data-1"], [now + timedelta(minutes=4)], now, run="ahead")
    client = sign_in(owner)
    with django_assert_max_num_queries(BUDGET):
        html = read(client, PAGE)
    assert len(names_of(html)) == min(count, PAGE_SIZE)


def test_filters_are_read_from_an_address() -> None:
    assert Filter.read({}) == Filter()
    assert not Filter.read({"sort": "score", "lifecycle": "all"}).narrows
    assert Filter.read({"q": " x "}) == Filter(find="x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-03", datetime(2026, 11, 3, 23, 59, 59, 999999, UTC)),
        ("2026-11-21", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-03T09:30:00+02:00", datetime(2026, 11, 3, 7, 30, tzinfo=UTC)),
        ("2026-11-03T09:30", datetime(2026, 11, 3, 9, 30, tzinfo=UTC)),
        ("2027-01-01", datetime(2027, 1, 1, 23, 59, 59, 999999, UTC)),
        ("1989-12-31", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("tomorrow", None),
    ],
)
def test_moments_are_read_from_an_address(text: str, expected: datetime | None) -> None:
    assert asked_moment(text, datetime(2026, 11, 21, 10, tzinfo=UTC)) == expected


def test_a_sparkline_keeps_one_step_a_pixel(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    system = make_system(organisation, now - 400 * DAY)
    for days in range(60, 0, -1):
        level = "manual" if days % 2 else "automated"
        assess(system, now - days * DAY, dict.fromkeys(TESTS, level))
    html = read(sign_in(viewer), PAGE)
    (path,) = re.findall(r'class="spark".*?<path d="([^"]+)"', html, re.S)
    assert path.count("V") <= 96 * Fraction(61, 365) + 2
