"""All components in Chromium, under the policy that every page is served with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.urls("tests.dashboards.sheet"),
    pytest.mark.django_db(transaction=True),
]

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
OpenSheet = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop runs in this thread; Django would take its own set-up and flushing for asynchronous.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_sheet(browser: Browser, live_server: LiveServer, settings: Any) -> Iterator[OpenSheet]:
    """Opens the sheet in a fresh context; when the test ends, nothing may have been logged or refused."""
    folder = Path(__file__).parent / "templates"
    settings.TEMPLATES = [
        {**engine, "DIRS": [*engine["DIRS"], folder]} if "DIRS" in engine else engine for engine in settings.TEMPLATES
    ]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_it(width: int = 1440, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        response = page.goto(f"{live_server.url}/sheet/")
        assert response is not None
        assert response.status == 200
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert "unsafe" not in response.headers["content-security-policy"]
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1440, "light"), (1920, "dark")])
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
