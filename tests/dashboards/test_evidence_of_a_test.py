"""The evidence of one test on its page: strips of results, metrics over time, and both at an earlier instant."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.actors import Actor
from accounts.models import Membership, Organisation
from assessments.models import System
from dashboards.moments import query_at
from dashboards.system.strip_presenters import METRICS_SHOWN
from evidence.models import Result
from evidence.posting import PostedResult
from evidence.recording import record_results
from evidence.voiding import void_result
from scores.strips import CHECKS_SHOWN
from tests.dashboards.pages import BUDGET, SignIn, address, read, text_of
from tests.factories import DAY, HOUR, assess, make_system, nightly, post

pytestmark = pytest.mark.django_db
PAGE = "tests/data-1/"


@pytest.fixture
def system(organisation: Organisation, now: datetime) -> System:
    """A check that passed twice with metrics, then failed without one of them, was skipped, and broke; that is voided."""
    made = make_system(organisation, now - 90 * DAY)
    post(made, ["data-1"], [now - 9 * DAY, now - 8 * DAY], now, metrics={"share": 0.5, "rows": 1e308})
    post(made, ["data-1"], [now - 7 * DAY], now, status="failed", metrics={"rows": 7})
    post(made, ["data-1"], [now - 6 * DAY], now, status="skipped")
    post(made, ["data-1"], [now - 5 * DAY], now, status="error", metrics={"share": 99})
    broken = Result.objects.get(status="error")
    void_result(actor=Actor(organisation), result_id=broken.pk, reason="Disk full.", at=now)
    return made


def figures(html: str) -> list[dict[str, Any]]:
    return [json.loads(each) for each in re.findall(r'<script id="metric-\d-figure"[^>]*>(.*?)</script>', html, re.S)]


def test_a_strip_shows_each_result_by_a_sign_and_a_word(system: System, viewer: Membership, sign_in: SignIn) -> None:
    html = read(sign_in(viewer), address(system, PAGE))
    strip = re.search(r'<ol class="strip-runs".*?</ol>', html, re.S)
    assert strip is not None
    words = re.findall(r"(✓|✕|!|–) (passed|failed|error|skipped)(, voided)?,", text_of(strip[0]))
    assert words == [
        ("✓", "passed", ""),
        ("✓", "passed", ""),
        ("✕", "failed", ""),
        ("–", "skipped", ""),
        ("!", "error", ", voided"),
    ]
    leading = Result.objects.exclude(status="passed").order_by("observed_at").values_list("pk", flat=True)
    assert re.findall(r"/results/(\d+)/", strip[0]) == [str(pk) for pk in leading]
    assert "2 passed, 1 failed, 1 skipped, 1 voided" in text_of(html)


def test_metrics_are_drawn_with_gaps_and_told_in_a_table(
    system: System, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    html = read(sign_in(viewer), address(system, PAGE))
    rows, share = figures(html)
    assert rows["data"][0]["y"] == [1e308, 1e308, 7]
    assert share["data"][0]["y"] == [0.5, 0.5, None]
    assert rows["data"][0]["marker"]["symbol"] == ["circle", "circle", "x"]
    words = text_of(html)
    assert f"not reported nightly {now - 7 * DAY:%Y-%m-%d %H:%M} failed" in words
    assert "share of data-1 from " in words and "between 0.5 and 0.5, at last 0.5." in words
    early = read(sign_in(viewer), address(system, PAGE + query_at(now - 8 * DAY - HOUR)))
    assert [figure["data"][0]["y"] for figure in figures(early)] == [[1e308], [0.5]]
    assert "This is the test as of" in text_of(early) and "1 passed" in text_of(early)
    before = read(sign_in(viewer), address(system, PAGE + query_at(now - 20 * DAY)))
    assert "not reported by then" in text_of(before) and figures(before) == []


def test_many_checks_and_metrics_cost_no_more_statements(
    system: System,
    owner: Membership,
    sign_in: SignIn,
    now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    Organisation.objects.update(retention_months=1)
    assess(system, now - 30 * DAY, {"data-1": "manual"})
    hostile = "<script>alert(1)</script>&"
    posted = [
        PostedResult(
            system.slug,
            "data-1",
            f"{at:%d}",
            "passed",
            f"{hostile} {number:02}",
            at,
            metrics={hostile: 1, f"m{number}": 2},
        )
        for number in range(CHECKS_SHOWN + 3)
        for at in nightly(now - 3 * DAY, now)
    ]
    record_results(actor=Actor(system.organisation), results=posted, received_at=now)
    post(system, ["data-1"], [now + HOUR / 20], now, run="ahead")
    client = sign_in(owner)
    for query, strips in (("", CHECKS_SHOWN), ("?checks=2", 4), ("?checks=3", 0), (query_at(now - DAY), CHECKS_SHOWN)):
        with django_assert_max_num_queries(BUDGET):
            html = read(client, address(system, PAGE + query))
        assert html.count('class="strip"') == strips
        assert "<script>alert" not in html
        assert len(figures(html)) <= METRICS_SHOWN
