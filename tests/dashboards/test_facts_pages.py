"""The pages of one test of a system, of its results, and of one result."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape

import pytest

from accounts.models import Activity, Membership, Organisation
from assessments.models import System
from evidence.models import Result
from rubric.loader import builtin
from tests.dashboards.pages import SignIn, address, read, text_of
from tests.factories import DAY, HOUR, make_system, nightly, post

RUBRIC = builtin()["ml-test-score-2017"]
pytestmark = pytest.mark.django_db


def test_the_page_of_a_test_explains_its_level(fraud: System, viewer: Membership, sign_in: SignIn) -> None:
    html = read(sign_in(viewer), address(fraud, "tests/data-1/"))
    words = text_of(html)
    assert "so evidence verifies automated." in words
    assert "The window of 30 days is the organisation’s." in words
    assert "See the wiki." in words and 'href="https://wiki.example.com/data-1"' in html
    assert f'href="/o/acme/rubric/{fraud.rubric}/#data-1"' in html
    assert f'href="{address(fraud, "results/")}?test=data-1"' in html


@pytest.mark.parametrize(
    ("ages", "sentence"),
    [
        ([], "No run in the last 30 days, so evidence verifies none."),
        ([40 * DAY], "so evidence verifies none. The last one is older."),
        ([DAY], "1 run in the last 30 days, so evidence verifies manual. A second one, 12 hours or more away"),
        ([DAY, DAY + HOUR], "2 runs in the last 30 days, but no two of them at least 12 hours apart"),
        ([DAY, 2 * DAY], "2 runs in the last 30 days, two of them at least 12 hours apart"),
    ],
)
def test_why_evidence_verifies_a_level(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime, ages: list[timedelta], sentence: str
) -> None:
    system = make_system(organisation, now - 50 * DAY)
    post(system, ["data-1"], [now - age for age in ages], now)
    assert sentence in text_of(read(sign_in(viewer), address(system, "tests/data-1/")))


def test_a_test_that_the_rubric_lacks_is_not_found(fraud: System, viewer: Membership, sign_in: SignIn) -> None:
    read(sign_in(viewer), address(fraud, "tests/data-99/"), 404)
    read(sign_in(viewer), address(fraud, "results/999999999999999999999999/"), 404)


def test_results_are_filtered_and_paged(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    system = make_system(organisation, now - 90 * DAY)
    post(system, ["data-1"], nightly(now - 70 * DAY, now), now)
    post(system, ["data-2"], [now - DAY], now, status="failed", run="nightly failure")
    client = sign_in(viewer)
    first = read(client, address(system, "results/"))
    assert len(set(re.findall(r"/results/(\d+)/", first))) == 50
    older = unescape(re.search(r'href="([^"]+)" rel="next"', first)[1])  # type: ignore[index]
    second = read(client, older)
    assert len(set(re.findall(r"/results/(\d+)/", second))) == 21
    assert "Older results" not in second and "Newest results" in second
    failed = read(client, address(system, "results/?status=failed&test=data-2"))
    assert len(set(re.findall(r"/results/(\d+)/", failed))) == 1
    assert "No result is like that." in read(client, address(system, "results/?run_id=unknown"))
    read(client, address(system, "results/?cursor=nonsense"), 400)


def test_a_result_shows_its_provenance_and_is_voided_with_a_reason(
    organisation: Organisation, viewer: Membership, admin: Membership, sign_in: SignIn, now: datetime
) -> None:
    system = make_system(organisation, now - 9 * DAY)
    provenance = {
        "commit": "8f21c0d",
        "branch": "main",
        "pipeline": "ci",
        "model_version": "v7",
        "dataset_version": "d3",
    }
    post(system, ["data-1"], [now - 2 * DAY], now, metrics={"psi": 0.25}, message="All well.", **provenance)
    result = Result.objects.get(system=system)
    page, void = address(system, f"results/{result.pk}/"), address(system, f"results/{result.pk}/void/")
    words = text_of(read(sign_in(viewer), page))
    for shown in (*provenance.values(), "psi 0.25", "All well.", "more than a day later"):
        assert shown in words
    assert "Void" not in words
    assert sign_in(viewer).post(void, {"reason": "No."}).status_code == 403
    client = sign_in(admin)
    assert "This can’t be undone." in text_of(read(client, page))
    refused = client.post(void, {"reason": " "})
    assert refused.status_code == 422 and "Say why" in refused.content.decode()
    assert client.post(void, {"reason": "Wrong data set."}).headers["Location"] == page
    words = text_of(read(client, page))
    assert f"by {admin.person.email}: Wrong data set." in words and "counts nothing, at any time" in words
    assert Activity.objects.filter(action="result.voided", system=system).count() == 1
    client.post(void, {"reason": "Again."})
    assert "This result was voided already." in read(client, page)
    assert Activity.objects.filter(action="result.voided", system=system).count() == 1
