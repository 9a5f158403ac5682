"""The pages of moves, lapses and roll-ups: their words, their addresses, and what they cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership, Organisation
from assessments.models import System
from rubric.loader import builtin
from tests.dashboards.pages import read, text_of
from tests.factories import DAY, assess, fraud_story, make_system, make_team, post

SignIn = Callable[[Membership], Client]
BUDGET = 12
BASE = "/o/acme/"
PATHS = [BASE + place for place in ("moved/", "lapses/", "roll-ups/")]
TESTS = list(builtin()["ml-test-score-2017"].tests)
pytestmark = pytest.mark.django_db


@pytest.fixture
def systems(organisation: Organisation, now: datetime) -> list[System]:
    risk = make_team(organisation, "Risk", "risk")
    story = fraud_story(organisation, now, name="Fraud", team=risk, tags=["pii"])
    climbing = make_system(organisation, now - 300 * DAY, name="<Climbing>", tags=["a&b"])
    assess(climbing, now - 200 * DAY, dict.fromkeys(TESTS, "manual"))
    assess(climbing, now - 20 * DAY, dict.fromkeys(TESTS, "automated"))
    docs = make_system(organisation, now - 300 * DAY, name="Docs", rubric="key-principles", team=risk)
    assess(docs, now - 50 * DAY, {})
    return [story, climbing, docs]


def test_moves_show_points_and_tests(systems: list[System], viewer: Membership, sign_in: SignIn, now: datetime) -> None:
    client = sign_in(viewer)
    html = read(client, PATHS[0])
    words = text_of(html)
    assert "2 systems improved and 0 slid; the median rose." in words and "1 more is scored by another rubric." in words
    assert "Improved 2" in words and "<Climbing> score 3.5 → 7.0 3.5 up verified 0.0 Feature expectations" in words
    assert f"compare/?system=climbing&amp;since={now - 90 * DAY:%Y-%m-%d}" in html
    assert "22 more, and through which facts" in words
    unmoved = read(client, f"{PATHS[0]}?since={now - 5 * DAY:%Y-%m-%d}")
    since = text_of(unmoved)
    assert "0 systems improved and 0 slid; the median stands as it did." in since
    assert "2 other systems stand as they did: " in since
    assert unmoved.partition("stand as they did")[2].partition("</p>")[0].count('href="/o/acme/systems/') == 2


def test_every_figure_leads_to_its_systems_at_its_date(
    systems: list[System], viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    client = sign_in(viewer)
    html = read(client, PATHS[0])
    table = html.partition('class="beside narrow roll"')[2].partition("</table>")[0]
    behind = [unescape(each) for each in re.findall(r'href="(/o/acme/heat-map/[^"]+)"', table)]
    assert len(behind) == 14, "median, verified share, four categories and the number of systems, at both dates"
    chart = read(client, BASE).partition("data-moves=")[2]
    dates = [unescape(each) for each in re.findall(r'<th scope="row"><a href="([^"]+at=[^"]+)"', chart)]
    for address in (*behind[:4], behind[-4], dates[0], dates[-1]):
        page = text_of(read(client, address))
        assert "2 systems against the 28 tests" in page and "<Climbing>" in page and "Docs" not in page, address
        assert ("Failing tests are shown for the present only" in page) == ("at=" in address)


def test_lapses_stand_by_date(systems: list[System], viewer: Membership, sign_in: SignIn, now: datetime) -> None:
    post(systems[2], ["reproducibility-1"], [now - DAY], now)
    client = sign_in(viewer)
    html, mark = read(client, PATHS[1]), "<small>kept up</small>"
    words = text_of(html)
    assert "The ML pipeline is integration tested manual → none claim of automated stays" in words
    assert mark not in html and "more only if a pipeline stops" in words
    assert mark in read(client, PATHS[1] + "?all=on")
    told = text_of(read(client, BASE))
    counts = [re.findall(rf"(\d+) {after}", text) for text, after in ((words, "times? in"), (told, "lapses?, by date"))]
    assert counts[0] == counts[1] != []
    assert re.findall(r"(\d+) more only if", words) == re.findall(r"(\d+) more only if", told)


def test_roll_ups_lead_to_the_systems_behind_them(systems: list[System], viewer: Membership, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    html = read(client, PATHS[2])
    assert "Risk 1 system median 2.5" in text_of(html)
    for place, group, system in (("", "team=risk", "Fraud"), ("heat-map/", "tag=a%26b", "&lt;Climbing&gt;")):
        assert f'href="{BASE}{place}?{group}' in html
        shown = read(client, f"{BASE}{place}?{group}")
        assert system in shown and ("Fraud" if system != "Fraud" else "Climbing") not in shown


@pytest.mark.parametrize("query", ["since=tomorrow", "since=2190-01-01", "until=2001-01-01", "until=2199-01-01"])
def test_days_out_of_reach_are_refused(systems: list[System], viewer: Membership, sign_in: SignIn, query: str) -> None:
    path = PATHS[0] if query.startswith("since") else PATHS[1]
    assert sign_in(viewer).get(f"{path}?{query}").status_code == 400


@pytest.mark.parametrize("count", [0, 3, 80])
def test_pages_cost_at_most_twelve_statements_and_read_no_results(
    organisation: Organisation,
    owner: Membership,
    sign_in: SignIn,
    now: datetime,
    count: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        system = make_system(organisation, now - 200 * DAY, name=f"System {number}")
        if number < 3:
            assess(system, now - 100 * DAY, dict.fromkeys(TESTS, "manual"))
            assess(system, now - 10 * DAY, dict.fromkeys(TESTS, "automated"))
    client = sign_in(owner)
    for path in [*PATHS, BASE, BASE + "heat-map/", BASE + "gaps/"]:
        with django_assert_max_num_queries(BUDGET) as captured:
            read(client, path)
        assert not [query["sql"] for query in captured if "evidence_result" in query["sql"]]
