"""All components in Chromium, under the policy that every page is served with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import QuietWSGIRequestHandler
from playwright.sync_api import Browser, Page

from tests.support.browser import watched_page

pytestmark = pytest.mark.urls("tests.dashboards.sheet")

OpenSheet = Callable[..., Page]


@pytest.fixture
def sheet_url(settings: Any) -> Iterator[str]:
    """Where the sheet is served, by a thread of this process that touches no database."""
    folder = Path(__file__).parent / "templates"
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], folder]} for engine in settings.TEMPLATES]
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(StaticFilesHandler(WSGIHandler()))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/sheet/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def open_sheet(browser: Browser, sheet_url: str) -> Iterator[OpenSheet]:
    """Opens the sheet in a context of its own; when the test ends, nothing may have been logged or refused."""
    with ExitStack() as contexts:

        def open_it(width: int = 1440, **options: Any) -> Page:
            page, _ = contexts.enter_context(watched_page(browser, viewport={"width": width, "height": 900}, **options))
            response = page.goto(sheet_url)
            assert response is not None
            assert response.status == 200
            assert "default-src 'self'" in response.headers["content-security-policy"]
            assert "unsafe" not in response.headers["content-security-policy"]
            return page

        yield open_it


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1920, "dark")])
def test_the_sheet_fits_and_is_accessible(open_sheet: OpenSheet, width: int, scheme: str) -> None:
    page = open_sheet(width, color_scheme=scheme)
    page.wait_for_selector(".main-svg")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert Axe().run(page).response["violations"] == []


def test_a_charts_layers_lie_on_each_other(open_sheet: OpenSheet) -> None:
    page = open_sheet()
    page.wait_for_selector("figure .main-svg")
    layers = page.locator("figure[data-chart=trend-figure] .main-svg")
    assert layers.count() == 3
    boxes = [layer.bounding_box() for layer in layers.all()]
    assert {(box["x"], box["y"]) for box in boxes if box} == {(boxes[0]["x"], boxes[0]["y"])}  # type: ignore[index]
    chart = page.locator("figure[data-chart=trend-figure] .chart").bounding_box()
    assert chart is not None
    assert max(box["y"] + box["height"] for box in boxes if box) <= chart["y"] + chart["height"] + 1


def test_a_chart_follows_the_theme(open_sheet: OpenSheet) -> None:
    page = open_sheet(color_scheme="light")
    score = "document.querySelector('figure[data-chart=trend-figure] .scatterlayer .js-line').style.stroke"
    page.wait_for_selector("figure .main-svg")
    before = page.evaluate(score)
    page.get_by_role("button", name="Switch between light and dark").click()
    page.wait_for_function(f"{score} !== '{before}'")
    assert (before, page.evaluate(score)) == ("rgb(23, 25, 29)", "rgb(236, 237, 237)")
    page.reload()
    page.wait_for_selector("figure .main-svg")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_range_button_changes_what_the_axis_shows(open_sheet: OpenSheet) -> None:
    page = open_sheet()
    page.wait_for_selector("figure .main-svg")
    figure = page.locator("figure[data-chart=trend-figure]")
    start = "Date.parse(document.querySelector('figure[data-chart=trend-figure] .chart')._fullLayout.xaxis.range[0])"
    year = page.evaluate(start)
    figure.get_by_role("button", name="3 m").click()
    assert figure.get_by_role("button", name="3 m").get_attribute("aria-pressed") == "true"
    assert figure.get_by_role("button", name="1 y").get_attribute("aria-pressed") == "false"
    assert page.evaluate(start) - year == (365 - 92) * 24 * 60 * 60 * 1000


def test_hovering_reads_all_lines_at_once(open_sheet: OpenSheet) -> None:
    page = open_sheet()
    page.wait_for_selector("figure .main-svg")
    page.locator("figure[data-chart=trend-figure] .chart").hover(position={"x": 1100, "y": 120})
    page.wait_for_selector("figure[data-chart=trend-figure] .hoverlayer .legendtext")
    texts = page.locator("figure[data-chart=trend-figure] .hoverlayer .legendtext").all_text_contents()
    assert [text.split(" : ")[0] for text in texts[:6]] == [
        "Score", "Data", "Model", "Infrastructure", "Monitoring", "Verified score",
    ]  # fmt: skip


def test_times_are_shown_in_the_readers_zone(open_sheet: OpenSheet) -> None:
    page = open_sheet(timezone_id="Asia/Tokyo")
    assert page.locator("time[data-zone=minute]").first.text_content() == "21 Nov 2026, 19:05"


def test_a_short_date_bears_its_year_when_it_is_not_the_readers_current_one(open_sheet: OpenSheet) -> None:
    swapped_in = """() => {
      const year = new Date().getFullYear(), list = document.createElement("p");
      for (const each of [year - 1, year]) {
        const time = document.createElement("time");
        Object.assign(time, { dateTime: `${each}-06-15T12:00:00Z`, textContent: `15 Jun ${each}` });
        time.dataset.zone = "short";
        list.append(time);
      }
      document.querySelector("main").append(list);
      list.dispatchEvent(new CustomEvent("htmx:afterSwap", { bubbles: true }));
      return [String(year - 1), ...[...list.children].map((time) => time.textContent)];
    }"""
    last_year, *texts = open_sheet().evaluate(swapped_in)
    assert texts == [f"15 Jun {last_year}", "15 Jun"]
    page = open_sheet(java_script_enabled=False)
    assert page.locator("time[data-zone=short]").first.text_content() == "21 Nov 2026"


def test_the_page_is_complete_without_scripts(open_sheet: OpenSheet) -> None:
    page = open_sheet(java_script_enabled=False)
    assert page.locator(".chart").first.is_hidden()
    assert page.get_by_text("Step lines of the score and its 4 categories").is_visible()
    page.get_by_text("As a table").first.click()
    assert page.get_by_role("columnheader", name="Verified", exact=True).first.is_visible()
    assert page.get_by_text("21 Nov 2026, 10:05 UTC").is_visible()


@pytest.mark.parametrize("options", [{"forced_colors": "active"}, {"reduced_motion": "reduce"}])
def test_other_preferences_are_served_as_well(open_sheet: OpenSheet, options: dict[str, str]) -> None:
    page = open_sheet(**options)
    page.wait_for_selector("figure .main-svg")
    assert page.locator(".catbar .proof").first.is_visible()
