"""The chart that other sites embed: what it says and draws, who sees it, and that it is safe to frame."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.actors import Actor
from accounts.models import Activity, Membership, Organisation
from assessments.badges import show_chart, turn_off, turn_on
from assessments.models import Badge, System
from scores.reading import full_score
from tests.dashboards.pages import BUDGET, SignIn, address, read, text_of
from tests.dashboards.test_badge import SVG, get, parsed
from tests.factories import DAY, HOUR, all_tests, assess, fraud_story, make_system, post

pytestmark = pytest.mark.django_db


def charted(system: System, now: datetime) -> str:
    """The key of the system's badge, with its chart on."""
    actor = Actor(system.organisation)
    turn_on(actor=actor, system=system, at=now)
    return show_chart(actor=actor, system=system, shown=True, at=now).key


def drawn(key: str) -> ElementTree.Element:
    response = get(key + "/chart", "svg")
    assert response.status_code == 200 and response["Content-Type"].startswith("image/svg+xml")
    return parsed(response)


def lines(root: ElementTree.Element) -> list[list[tuple[float, float]]]:
    """The corners of each line."""
    points = [each.attrib["points"].split() for each in root.iter(f"{SVG}polyline")]
    return [[(float(x), float(y)) for x, y in (corner.split(",") for corner in line)] for line in points]


def test_it_draws_the_year_and_says_it_in_words(
    organisation: Organisation, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    system = fraud_story(organisation, now)
    key = charted(system, now)
    with django_assert_max_num_queries(10):
        root = drawn(key)
    total = full_score(system, now).total
    score, verified = float(total.score.score), float(total.verified.score)
    assert root.attrib["aria-labelledby"].split() == [root[0].attrib["id"], root[1].attrib["id"]]
    assert (root.findtext(f"{SVG}title") or "").startswith("MLScore of Card fraud scoring since ")
    assert f", {score} on " in (said := root.findtext(f"{SVG}desc") or "") and f"which {verified} is verified" in said
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert f"Score {score}" in texts and f"Verified {verified}" in texts
    leading = lines(root)[-1]
    assert [x for x, _ in leading] == sorted(x for x, _ in leading)
    zero, seven = (float(root.find(f"{SVG}text[.='{tick}']").attrib["y"]) for tick in ("0", "7"))  # type: ignore[union-attr]
    assert leading[-1][1] == pytest.approx(zero - score / 7 * (zero - seven), abs=0.2)


def test_what_never_ran_is_drawn_apart_from_zero(organisation: Organisation, now: datetime) -> None:
    system = make_system(organisation, now - 200 * DAY)
    key = charted(system, now)
    root = drawn(key)
    assert lines(root) == [] and root.findtext(f"{SVG}desc") == "Nothing was recorded yet."
    assess(system, now - 100 * DAY, dict.fromkeys(all_tests(system), "manual"))
    assert len(lines(drawn(key))) == 1
    post(system, ["data-1"], [now - 50 * DAY], now)
    verified, score = lines(drawn(key))
    assert verified[0][0] == pytest.approx((score[0][0] + score[-1][0]) / 2, abs=3)


def test_other_sites_may_frame_it_and_it_can_load_nothing(organisation: Organisation, now: datetime) -> None:
    key = charted(make_system(organisation, now, name="<script>\x01\"'&" + "W" * 100), now)
    response = get(key + "/chart", "svg")
    style = parsed(response).findtext(f"{SVG}style") or ""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert response["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors *; sandbox"
    )
    assert "X-Frame-Options" not in response.headers and "Set-Cookie" not in response.headers
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "prefers-color-scheme:dark" in style and b"<script" not in response.content
    assert get(key, "svg")["X-Frame-Options"] == "DENY"
    same = get(key + "/chart", "svg", **{"If-None-Match": response["ETag"]})
    assert (same.status_code, same["Cache-Control"]) == (304, "public, max-age=300")


def test_it_is_off_until_an_admin_turns_it_on_and_ends_with_the_badge(
    organisation: Organisation, admin: Membership, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    system = make_system(organisation, now, name="Fraud")
    client, page = sign_in(admin), address(system, "badge/")
    assert client.post(page + "chart/", {"chart": "on"}).status_code == 404
    client.post(page + "on/")
    chart = f"/badge/{Badge.objects.get(system=system).key}/chart.svg"
    assert "The chart is off." in text_of(read(sign_in(viewer), page)) and Client().get(chart).status_code == 404
    client.post(page + "chart/", {"chart": "on"})
    html = read(sign_in(viewer), page)
    assert f'<img src="{chart}"' in html and re.search(rf"&lt;iframe src=\S+{chart}", html)
    assert "Turn the chart" not in html and Client().get(chart).status_code == 200
    turn_off(actor=Actor(organisation), system=system, at=now)
    assert Client().get(chart).content == Client().get("/badge/nothing/chart.svg").content
    turn_on(actor=Actor(organisation), system=system, at=now + HOUR)
    client.post(page + "chart/", {"chart": "off"})
    assert Client().get(chart).status_code == 404 and Client().get(chart.replace("/chart", "")).status_code == 200
    logged = Activity.objects.filter(action__startswith="badge.chart").order_by("id").values_list("action", flat=True)
    assert list(logged) == ["badge.chart_on", "badge.chart_off"]


def test_the_badge_page_costs_no_more_with_a_chart(
    organisation: Organisation,
    admin: Membership,
    sign_in: SignIn,
    now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    system = make_system(organisation, now)
    charted(system, now)
    client = sign_in(admin)
    with django_assert_max_num_queries(BUDGET):
        read(client, address(system, "badge/"))
