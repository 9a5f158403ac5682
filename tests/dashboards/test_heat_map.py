"""The heat map and the common gaps: every cell and number leads on, in few statements."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.actors import Actor
from accounts.models import Membership, Organisation
from assessments.models import System
from assessments.systems import update_system
from rubric.loader import builtin
from tests.dashboards.pages import read, text_of
from tests.factories import DAY, assess, make_system, make_team, nightly, post

SignIn = Callable[[Membership], Client]
BUDGET = 12
HEAT, GAPS = "/o/acme/heat-map/", "/o/acme/gaps/"
TESTS = list(builtin()["ml-test-score-2017"].tests)
pytestmark = pytest.mark.django_db


@pytest.fixture
def systems(organisation: Organisation, owner: Membership) -> dict[str, System]:
    """Six systems: proved, claimed, failing, retired, of another rubric, silent."""
    now = timezone.now()
    risk = make_team(organisation, "Risk", "risk")
    made = {
        "proved": make_system(organisation, now - 300 * DAY, name="Proved", team=risk, tags=["pii"]),
        "claimed": make_system(organisation, now - 300 * DAY, name="Claimed", tags=["pii", "a&b"]),
        "failing": make_system(organisation, now - 300 * DAY, name="<Failing>", team=risk, lifecycle="production"),
        "retired": make_system(organisation, now - 300 * DAY, name="Retired"),
        "other": make_system(organisation, now - 300 * DAY, name="Docs", rubric="key-principles"),
        "silent": make_system(organisation, now, name="Silent"),
    }
    post(made["proved"], TESTS[:27], nightly(now - 10 * DAY, now), now)
    assess(made["claimed"], now - 50 * DAY, dict.fromkeys(TESTS, "manual") | {"data-1": "na"})
    assess(made["failing"], now - 40 * DAY, {"data-2": "automated"})
    post(made["failing"], ["data-1", "data-2"], [now - DAY], now, status="failed")
    assess(made["retired"], now - 50 * DAY, {})
    update_system(actor=Actor.of(owner), system=made["retired"], changes={"lifecycle": "retired"}, at=now - DAY)
    assess(made["other"], now - 50 * DAY, {})
    return made


def names_of(html: str) -> list[str]:
    """Groups (in brackets) and systems, in their order."""
    heads = re.findall(r'<th scope="rowgroup">([^<]+) <small>|<th scope="row"><a href="[^"]+">([^<]+)</a>', html)
    return [f"[{group}]" if group else unescape(name) for group, name in heads]


def cell(html: str, slug: str, test: str) -> str:
    """What a cell says."""
    found = re.search(rf'/systems/{slug}/tests/{test}/"><svg class="g" role="img" aria-label="([^"]+)"', html)
    assert found
    return found[1]


def test_each_cell_says_level_proof_and_failing_and_leads_to_its_test(
    systems: dict[str, System], viewer: Membership, sign_in: SignIn
) -> None:
    html = read(sign_in(viewer), HEAT)
    assert cell(html, "proved", "data-1") == "automated, verified"
    assert cell(html, "proved", "monitor-7") == "none"
    assert cell(html, "claimed", "data-1") == "not applicable"
    assert cell(html, "claimed", "data-2") == "manual, claimed only"
    assert cell(html, "failing", "data-1") == "manual, verified, failing"
    assert cell(html, "failing", "data-2") == "automated claimed, manual verified, failing"
    assert html.count('class="xmark"') == 2
    assert len(re.findall(r'/systems/[a-z]+/tests/[a-z]+-\d/"><svg', html)) == 3 * 28
    words = text_of(html)
    assert "4 systems against the 28 tests" in words and "1 more is scored by another rubric." in words
    assert "Silent – – Not assessed" in words
    assert names_of(html) == ["[Risk]", "<Failing>", "Proved", "[No team]", "Claimed", "Silent"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("group=none", ["<Failing>", "Claimed", "Proved", "Silent"]),
        ("group=none&sort=score", ["<Failing>", "Claimed", "Proved", "Silent"]),
        ("group=none&sort=-score", ["Proved", "Claimed", "<Failing>", "Silent"]),
        ("group=none&sort=-verified", ["Proved", "<Failing>", "Claimed", "Silent"]),
        ("group=none&sort=failing", ["<Failing>", "Claimed", "Proved", "Silent"]),
        ("group=none&sort=-data", ["Proved", "Claimed", "<Failing>", "Silent"]),
        ("group=none&sort=data-1", ["Claimed", "<Failing>", "Proved", "Silent"]),
        ("group=none&sort=-", ["Silent", "Proved", "Claimed", "<Failing>"]),
        ("group=tag", ["[a&b]", "Claimed", "[pii]", "Claimed", "Proved", "[No tag]", "<Failing>", "Silent"]),
        ("group=lifecycle", ["[Experiment]", "Claimed", "Proved", "Silent", "[Production]", "<Failing>"]),
        ("team=risk&group=none", ["<Failing>", "Proved"]),
        ("test=data-1&holding=none&group=none", ["Claimed"]),
        ("test=data-1&holding=credited&group=none", ["<Failing>", "Proved"]),
        ("test=data-2&holding=claimed-only&group=none", ["Claimed"]),
        ("test=data-1&holding=would-rise&group=none", ["Claimed"]),
        (
            "test=nonsense&holding=none&group=nonsense&sort=nonsense&page=99999&lifecycle=retired",
            ["[No team]", "Retired"],
        ),
        ("rubric=key-principles&group=none&page=0", ["Docs"]),
        ("q=%00", []),
    ],
)
def test_rows_are_narrowed_sorted_and_grouped(
    systems: dict[str, System], viewer: Membership, sign_in: SignIn, query: str, expected: list[str]
) -> None:
    html = read(sign_in(viewer), f"{HEAT}?{query}")
    assert [unescape(name) for name in names_of(html)] == expected
    assert ("No system is like that." in html) == (not expected)


def test_a_column_sorts_and_sorts_the_other_way_round(
    systems: dict[str, System], viewer: Membership, sign_in: SignIn
) -> None:
    html = read(sign_in(viewer), HEAT + "?sort=data-1&team=risk")
    assert 'aria-sort="ascending"><a href="?team=risk&amp;sort=-data-1">' in html
    assert '<a href="?team=risk&amp;sort=data-2">' in html


def test_the_past_shows_what_held_then(systems: dict[str, System], viewer: Membership, sign_in: SignIn) -> None:
    day = timezone.now() - 45 * DAY
    html = read(sign_in(viewer), f"{HEAT}?at={day:%Y-%m-%d}&group=none")
    assert "xmark" not in html and "Failing tests are shown for the present only." in html
    assert text_of(html).count("Nothing recorded by then") == 3
    assert cell(html, "claimed", "data-2") == "manual, claimed only"
    read(sign_in(viewer), HEAT + "?at=tomorrow", 400)
    read(sign_in(viewer), GAPS + "?at=9999-99-99", 400)


def test_gaps_lead_to_their_systems(systems: dict[str, System], viewer: Membership, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    html = read(client, GAPS)
    words = text_of(html)
    assert "how many of 3 assessed systems hold credit" in words and "36 teams" in words
    rows = re.findall(r'<th scope="row"><span class="dot [^"]+"></span><a href="[^"]+#([a-z]+-\d)"', html)
    assert rows[0] == "monitor-7" and len(rows) == 28
    links = re.findall(r'<a href="(/o/acme/heat-map/[^"]+)">(\d+)<', html)
    assert len(links) > 28
    for address, number in links[:12]:
        assert len(names_of(read(client, unescape(address) + "&group=none"))) == int(number), address


def test_empty_pages_teach(organisation: Organisation, viewer: Membership, sign_in: SignIn) -> None:
    for page in ("heat-map", "gaps", "moved", "lapses", "roll-ups"):
        said = read(sign_in(viewer), f"/o/acme/{page}/")
        assert "There is no system yet." in said
        assert "Apply" not in said


@pytest.mark.parametrize("count", [1, 230])
def test_pages_cost_at_most_twelve_statements(
    organisation: Organisation,
    owner: Membership,
    sign_in: SignIn,
    count: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    now: datetime = timezone.now()
    made = [make_system(organisation, now - 60 * DAY, name=f"System {number:03}") for number in range(count)]
    for system in made[:: max(1, count // 3)]:
        assess(system, now - 30 * DAY, dict.fromkeys(TESTS, "manual"))
        post(system, TESTS[:9], nightly(now - 3 * DAY, now), now)
    client = sign_in(owner)
    with django_assert_max_num_queries(BUDGET):
        html = read(client, HEAT)
    assert len(names_of(html)) == 1 + min(count, 200)
    with django_assert_max_num_queries(BUDGET):
        read(client, GAPS)
    if count > 200:
        assert names_of(read(client, HEAT + "?page=2&group=none")) == [f"System {number}" for number in range(200, 230)]
