"""The public badge: what it says, how it is cached, who may read it; and its settings."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.actors import Actor
from accounts.models import Activity, Membership, Organisation
from assessments.badges import renew_key, turn_off, turn_on
from assessments.models import Badge, System
from dashboards.badge.face import BY_STEPS, INK, PLAIN, QUIET, face, width
from rubric.loader import builtin
from rubric.timeline import Levels
from scores.brief import Brief
from scores.reading import full_score, score_of
from tests.dashboards.pages import BUDGET, SignIn, address, read, text_of
from tests.factories import DAY, HOUR, all_tests, assess, fraud_story, make_system, post

pytestmark = pytest.mark.django_db
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def system(organisation: Organisation, now: datetime) -> System:
    return make_system(organisation, now - 200 * DAY, name="Fraud scorer")


@pytest.fixture
def key(system: System, now: datetime) -> str:
    return turn_on(actor=Actor(system.organisation), system=system, at=now).key


def get(key: str, kind: str = "json", **headers: str) -> Any:
    return Client().get(f"/badge/{key}.{kind}", headers=headers)


def parsed(response: Any) -> ElementTree.Element:
    """The picture; an error where it is not well-formed."""
    return ElementTree.fromstring(response.content)  # noqa: S314  # our own


def texts(response: Any) -> list[str]:
    """The words that the picture shows, after what it must be: one well-formed image that names itself."""
    assert response.status_code == 200
    root = parsed(response)
    assert (root.tag, root.get("role"), root.get("aria-label")) == (f"{SVG}svg", "img", root.findtext(f"{SVG}title"))
    assert not {"script", "style", "foreignObject"} & {each.tag.removeprefix(SVG) for each in root.iter()}
    shown = list(root.iter(f"{SVG}text"))
    ends = [float(each.attrib["x"]) + float(each.attrib["textLength"]) for each in shown]
    assert ends == sorted(ends) and ends[-1] < float(root.attrib["width"])
    return [each.text or "" for each in shown]


def test_it_says_the_score_that_every_page_says(system: System, key: str, now: datetime) -> None:
    assert texts(get(key, "svg")) == ["MLScore", "not assessed"]
    document = json.loads(get(key).content)
    assert (document["message"], document["score"], document["band"]) == ("not assessed", None, None)
    assess(system, now - 3 * DAY, dict.fromkeys(all_tests(system), "manual"))
    post(system, ["data-1"], [now - HOUR], now)
    score = full_score(system, now).total
    assert texts(get(key, "svg")) == ["MLScore", "3.5 of 7 · Strong"]
    assert json.loads(get(key).content) == {
        "schemaVersion": 1,
        "label": "MLScore",
        "message": "3.5 of 7 · Strong",
        "color": BY_STEPS[4],
        "cacheSeconds": 300,
        "system": "Fraud scorer",
        "rubric": "ml-test-score-2017",
        "score": float(score.score.score),
        "maximum": 7,
        "claimed": 3.5,
        "verified": 0,
        "band": {"key": score.band.key if score.band else "", "label": "Strong"},
        "stale": False,
    }


def test_it_looks_stale_when_a_review_is_due(system: System, key: str, now: datetime) -> None:
    post(system, ["data-1"], [now - HOUR], now)
    assert texts(get(key, "svg")) == ["MLScore", "0.0 of 7 · review due"]
    assess(system, now - 91 * DAY, {})
    stale = json.loads(get(key).content)
    assert (stale["stale"], stale["color"], stale["band"]["label"]) == (True, QUIET, "Research")
    assert b"url(#stale)" in get(key, "svg").content
    assess(system, now - 89 * DAY, {})
    assert json.loads(get(key).content)["stale"] is False
    assert b"url(#stale)" not in get(key, "svg").content


def test_scores_of_shares_are_percentages_without_a_band(organisation: Organisation, now: datetime) -> None:
    rubric = builtin()["key-principles"]
    shown = face("x", Brief(score_of(rubric, Levels({}, {}), now), review_due=False))
    assert (shown.message, shown.colour, shown.bars) == ("0 %", PLAIN, [])


@pytest.mark.parametrize("name", ["<script>&\"'</script>", "\x01\x0b\ufffe\ud7ff", "]]>", "信用リスク 🙂", "a" * 120])
def test_it_is_well_formed_whatever_the_system_is_called(system: System, key: str, name: str) -> None:
    System.objects.filter(pk=system.pk).update(name=name)
    texts(get(key, "svg"))
    title = parsed(get(key, "svg")).findtext(f"{SVG}title") or ""
    assert re.sub("[\x01\x0b\ufffe]", "", name) in title
    assert json.loads(get(key).content)["system"] == name


@pytest.mark.parametrize("kind", ["svg", "json"])
def test_caches_keep_it_for_minutes_and_ask_by_its_tag(system: System, key: str, now: datetime, kind: str) -> None:
    first = get(key, kind)
    assert first["Cache-Control"] == "public, max-age=300"
    assert first["Vary"] == "Accept-Encoding" and "Set-Cookie" not in first.headers
    assert first["Access-Control-Allow-Origin"] == "*" and first["Cross-Origin-Resource-Policy"] == "cross-origin"
    for tags in (first["ETag"], f'"other", W/{first["ETag"]}', "*"):
        same = get(key, kind, **{"If-None-Match": tags})
        assert (same.status_code, same.content) == (304, b"")
        for header in ("ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin"):
            assert same[header] == first[header]
    assess(system, now - DAY, {})
    changed = get(key, kind, **{"If-None-Match": first["ETag"]})
    assert changed.status_code == 200 and changed["ETag"] != first["ETag"]


def test_one_that_is_off_or_renewed_looks_like_one_that_never_was(system: System, key: str, now: datetime) -> None:
    def answer(of: str) -> tuple[int, bytes, dict[str, str]]:
        response = get(of, "svg")
        return response.status_code, response.content, {**response.headers, "X-Request-ID": ""}

    unknown = answer("AAAAAAAAAAAAAAAAAAAAAA")
    assert unknown[0] == 404
    actor = Actor(system.organisation)
    turn_off(actor=actor, system=system, at=now)
    assert answer(key) == unknown
    assert turn_on(actor=actor, system=system, at=now).key == key
    texts(get(key, "svg"))
    renewed = renew_key(actor=actor, system=system, at=now).key
    assert answer(key) == unknown
    texts(get(renewed, "svg"))
    assert get("%00", "svg").status_code == 404 and Client().post(f"/badge/{renewed}.svg").status_code == 405
    logged = Activity.objects.filter(system=system, action__startswith="badge").values_list("action", flat=True)
    assert sorted(logged) == ["badge.off", "badge.on", "badge.on", "badge.renewed"]


def test_it_costs_few_statements_whatever_the_history(
    organisation: Organisation, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    system = fraud_story(organisation, now)
    key = turn_on(actor=Actor(organisation), system=system, at=now).key
    for kind in ("svg", "json"):
        with django_assert_max_num_queries(4):
            get(key, kind)


@pytest.mark.parametrize("colour", sorted({*BY_STEPS, INK, PLAIN, QUIET}))
def test_white_text_is_legible_on_every_colour(colour: str) -> None:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_wider_texts_get_more_room() -> None:
    assert width("illi") < width("abcd") < width("MWMW") < width("信用リスク")


def test_members_copy_it_and_admins_change_it(
    system: System, viewer: Membership, admin: Membership, sign_in: SignIn
) -> None:
    page = address(system, "badge/")
    assert "The badge is off. An admin of Acme can turn it on." in text_of(read(sign_in(viewer), page))
    client = sign_in(admin)
    client.post(page + "on/")
    key = Badge.objects.get(system=system).key
    words = text_of(read(sign_in(viewer), page))
    assert f"/badge/{key}.svg)](" in words and f"/badge/{key}.json" in words
    assert "Turn it off" not in words and "Turn it off" in text_of(read(client, page))
    assert "shows nothing any more, for good" in text_of(read(client, page + "renew/"))
    client.post(page + "renew/")
    assert Badge.objects.get(system=system).key != key
    client.post(page + "off/")
    assert "Turned on again, it has the address it had." in text_of(read(client, page))


def test_what_has_no_badge_has_nothing_to_renew(system: System, admin: Membership, sign_in: SignIn) -> None:
    read(sign_in(admin), address(system, "badge/renew/"), 404)


@pytest.mark.parametrize("rest", ["badge/", "badge/renew/"])
def test_badge_pages_cost_at_most_twelve_statements(
    system: System,
    key: str,
    admin: Membership,
    sign_in: SignIn,
    rest: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = sign_in(admin)
    with django_assert_max_num_queries(BUDGET):
        read(client, address(system, rest))


def test_an_address_that_only_takes_a_form_leads_back_to_its_page(
    system: System, admin: Membership, sign_in: SignIn
) -> None:
    page = address(system, "badge/")
    response = sign_in(admin).get(f"{page}on/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert f'<a href="{page}">' in response.content.decode()
    assert "Nothing to show" in text_of(response.content.decode())
