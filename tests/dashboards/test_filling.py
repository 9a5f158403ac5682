"""What is remembered of a page tells the instants of each reading, and what each reader may see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Organisation
from dashboards.filling import filled, in_address, mark, pieces
from dashboards.templatetags import parts, trends
from rubric.loader import builtin
from tests.dashboards.pages import read
from tests.factories import DAY, assess, make_system, nightly, post

SignIn = Callable[[Membership], Client]
TESTS = list(builtin()["ml-test-score-2017"].tests)
NOW = datetime(2026, 11, 21, 10, 5, 0, 7, UTC)
LATER = timedelta(seconds=61)
PAGES = ["", "moved/", "lapses/", "roll-ups/", "gaps/", "heat-map/"]


@pytest.mark.parametrize("written", [str, escape, json.dumps, lambda text: urlencode({"at": text})])
def test_marks_stand_wherever_a_text_stands(written: Callable[[str], str]) -> None:
    text = f"before {written(mark('at'))} and {written(mark('range0'))}{mark('at')}"
    found = pieces(text)
    assert found[1::2] == ["at", "range0", "at"]
    assert filled(found, {"at": "1", "range0": "2"}) == text.replace(mark("at"), "1").replace(mark("range0"), "2")


def test_an_instant_in_an_address_is_what_an_address_names() -> None:
    assert in_address(NOW) == urlencode({"at": "2026-11-21T10:05:00.000007Z"}).removeprefix("at=")


@pytest.mark.django_db
def test_what_is_remembered_is_what_is_made_anew(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = make_system(organisation, NOW - 200 * DAY, name="fill-0-at- & <b>")
    assess(system, NOW - 150 * DAY, {"data-1": "manual"})
    post(system, TESTS[:4], nightly(NOW - 40 * DAY, NOW - 20 * DAY, DAY), NOW)
    client = sign_in(viewer)
    for page in PAGES:
        taken = []
        for at, forget in ((NOW, False), (NOW + LATER, False), (NOW + LATER, True)):
            monkeypatch.setattr(timezone, "now", lambda at=at: at)
            if forget:
                parts._going.cache_clear()
                trends._drawn.cache_clear()
            taken.append(re.sub(r'"X-CSRFToken": "\w+"', "", read(client, f"/o/acme/{page}")))
        before, remembered, anew = taken
        assert remembered == anew, page
        assert remembered != before and len(remembered) == len(before), page


@pytest.mark.django_db
def test_what_one_reader_may_do_is_not_offered_to_another(
    organisation: Organisation, owner: Membership, viewer: Membership, sign_in: SignIn
) -> None:
    make_system(organisation, NOW, name="Uplift")
    for member, offered in ((owner, True), (viewer, False), (owner, True)):
        html = read(sign_in(member), "/o/acme/")
        assert ("Add a system" in html, "Start the first assessment" in html) == (offered, offered)
