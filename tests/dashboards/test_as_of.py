"""The pages of a system tell at any instant what the API tells at that instant, and lead from change to change."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.actors import Actor
from accounts.models import Membership, Organisation
from assessments.models import System
from assessments.systems import update_system
from dashboards import phrases
from dashboards.moments import query_at
from rubric.levels import LEVELS
from rubric.loader import builtin
from tests.api.client import Api, ok
from tests.api.conftest import MakeApi, make_api
from tests.dashboards.pages import SignIn, address, read, text_of
from tests.factories import DAY, assess, make_system, post

__all__ = ["make_api"]
pytestmark = pytest.mark.django_db
TESTS = list(builtin()["ml-test-score-2017"].tests)
MICROSECOND = timedelta(microseconds=1)


def random_history(organisation: Organisation, now: datetime, seed: int) -> System:
    """A system to which a year of assessments, runs and a change of edition happened, by this seed."""
    chance = random.Random(seed)
    system = make_system(organisation, now - 400 * DAY)

    def some_time() -> datetime:
        return now - timedelta(seconds=chance.randrange(360 * 86_400), microseconds=chance.randrange(1_000_000))

    for at in sorted(some_time() for _ in range(4)):
        levels = ("none", "manual", "automated", "na")
        assess(system, at, {test: chance.choice(levels) for test in chance.sample(TESTS, 20)})
    for number in range(25):
        status = chance.choice(["passed", "passed", "failed", "error"])
        tests = chance.sample(TESTS, chance.randrange(1, 12))
        post(system, tests, [some_time()], now, status=status, run=f"run {number}")
    if seed % 2:
        update_system(
            actor=Actor(organisation), system=system, changes={"rubric": "ml-test-score-2016"}, at=some_time()
        )
        system.refresh_from_db()
    return system


def score_at(api: Api, system: System, at: datetime) -> dict[str, Any]:
    score: dict[str, Any] = ok(api.get(f"/systems/{system.slug}/score/{query_at(at)}"))
    return score


def numbers(html: str, row: str) -> list[str]:
    """The cells of the row of this heading in the sum of the page that explains the score."""
    found = re.search(rf'<th scope="row">\s*(?:<a [^>]*>)?{re.escape(row)}.*?</tr>', html, re.S)
    assert found is not None, row
    return re.findall(r"\d+\.\d+", text_of(found[0]))


@pytest.mark.parametrize("seed", range(4))
def test_pages_tell_what_the_api_tells_at_any_instant(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, make_api: MakeApi, now: datetime, seed: int
) -> None:
    system = random_history(organisation, now, seed)
    client, api = sign_in(viewer), make_api()
    changes = ok(api.get(f"/systems/{system.slug}/history/"))["points"]
    chance = random.Random(seed)
    change = datetime.fromisoformat(chance.choice(changes[1:])["at"])
    moments = [change - MICROSECOND, change, now - DAY * chance.random() * 300, now + 20 * DAY]
    for at in moments:
        agree(client, system, at.astimezone(UTC), score_at(api, system, at))
    chart = figure(read(client, address(system)))
    lines = {trace["name"]: dict(zip(trace["x"], trace["y"], strict=True)) for trace in chart["data"]}
    for point in changes:
        if point["rubric"] == system.rubric:
            x = point["at"].rstrip("Z").replace("T", " ")
            assert lines["Score"][x] == point["score"]
            assert lines["Verified score"][x] in (point["verified"], None)


def agree(client: Client, system: System, at: datetime, score: dict[str, Any]) -> None:
    """The pages of the system, of its points and of one test say what `score`, the API's answer, does."""
    query = query_at(at)
    shown = text_of(read(client, address(system, query)))
    if "Nothing recorded by then" in shown:
        assert score["score"] == 0 and not any(test["runs"] for test in score["tests"])
        return
    rubric = builtin()[score["rubric"]]
    assert f"{rubric.title} {phrases.points(score['score'])} of {float(rubric.maximum):g}" in shown
    explained = read(client, address(system, f"explain/{query}"))
    totals = [phrases.points(score[name]) for name in ("score", "claimed", "verified")]
    assert numbers(explained, "The score") == totals
    for category in score["categories"]:
        points = [phrases.points(category[name]) for name in ("score", "claimed", "verified")]
        assert numbers(explained, category["title"]) == points
    words = text_of(explained)
    for test in score["tests"]:
        earned = phrases.points(rubric.scale[LEVELS[test["level"]]])
        assert f"{test['title']} {earned} " in words
        if test["last_run_at"]:
            assert f": {test['runs']} run" in words
    test = score["tests"][at.microsecond % len(score["tests"])]
    page = text_of(read(client, address(system, f"tests/{test['key']}/{query}")))
    assert f"Why this is verified as {test['verified']}" in page
    assert f"Health {'health unknown –' if test['health'] == 'none' else test['health']}" in page


def figure(html: str) -> dict[str, Any]:
    """The figure of the chart on a system's page."""
    found = re.search(r'<script id="trend-figure"[^>]*>(.*?)</script>', html, re.S)
    assert found is not None
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def test_links_lead_from_change_to_change(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, make_api: MakeApi, now: datetime
) -> None:
    system = random_history(organisation, now, 2)
    client = sign_in(viewer)
    changes = [point["at"] for point in ok(make_api().get(f"/systems/{system.slug}/history/"))["points"]]
    for rest in ("", "explain/"):
        seen: list[str] = []
        link = address(system, rest)
        while len(seen) < 5:
            html = read(client, link)
            link = unescape(re.search(r'href="([^"]+)"\s+rel="prev"', html)[1])  # type: ignore[index]
            seen.append(link.partition("?at=")[2].replace("%3A", ":"))
        assert seen == changes[::-1][:5]
    first = read(client, address(system, query_at(datetime.fromisoformat(changes[0]))))
    assert 'rel="prev"' not in first and f'?at={changes[1].replace(":", "%3A")}"' in first
    before = read(client, address(system, "?at=2001-01-01"))
    assert f'?at={changes[0].replace(":", "%3A")}"' in before


def test_what_was_never_reported_is_no_zero(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    system = make_system(organisation, now - 90 * DAY)
    post(system, ["data-1"], [now - 60 * DAY], now)
    assess(system, now - 20 * DAY, {"data-1": "manual"})
    html = read(sign_in(viewer), address(system))
    lines = {trace["name"]: trace["y"] for trace in figure(html)["data"]}
    assert None not in lines["Data"] and None not in lines["Verified score"]
    assert (lines["Model"][0], lines["Model"][-1]) == (None, 0)
    assert (lines["Not reported"][-1], lines["Not reported"][0]) == (None, pytest.approx(-0.14))
    words = text_of(html)
    assert "0.0 0.0 0.5 not reported not reported not reported" in words
    assert "Not reported: Model until" in words
    silent = make_system(organisation, now, name="Silent")
    assess(silent, now, {"data-1": "manual"})
    assert "Verified – no result was reported" in text_of(read(sign_in(viewer), address(silent)))
