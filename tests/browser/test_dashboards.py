"""The pages that show scores, in Chromium against the real server: charts, themes, widths, accessibility, no JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import showing
from tests.browser.assessing import clean
from tests.browser.showing import VIEWPORT, Scene
from tests.support.browser import Faults
from tests.support.trickle import trickle

WIDTHS = [360, 768, 1440, 1920]


@pytest.fixture(scope="module")
def scene(django_db_blocker: object) -> Iterator[Scene]:
    with django_db_blocker.unblock(), showing.scene() as made:  # type: ignore[attr-defined]
        yield made


PLACES = [
    "organisation",
    "heat map",
    "gaps",
    "moved",
    "lapses",
    "roll-ups",
    "compare",
    "changes",
    "empty",
    "system",
    "past",
    "shares",
    "unassessed",
    "connect",
    "plan",
    "initiative",
    "initiative owners",
    "test",
    "explain",
    "timeline",
    "results",
    "result",
    "mapping",
    "model version",
    "badge",
    "notices",
    "choices",
    "deliveries",
    "binding",
    "report",
    "organisation report",
]


@pytest.mark.parametrize(
    ("place", "theme"), [("organisation", "light"), ("system", "dark"), ("past", "light"), ("shares", "dark")]
)
def test_charts_mount_under_the_policy_and_follow_the_theme(
    browser: Browser, scene: Scene, place: str, theme: str
) -> None:
    with scene.visit(browser, place, color_scheme=theme) as page:
        chart = page.locator("figure .chart")
        expect(chart.locator(".main-svg").first).to_be_visible()
        score = chart.locator(".scatterlayer .trace .lines path").first
        before = score.evaluate("line => getComputedStyle(line).stroke")
        page.locator("[data-theme-toggle]").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark" if theme == "light" else "light")
        page.wait_for_function(
            "before => getComputedStyle(document.querySelector('.scatterlayer .trace .lines path')).stroke !== before",
            arg=before,
        )


def test_a_range_button_narrows_the_chart(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "system") as page:
        year, quarter = (page.get_by_role("button", name=name, exact=True) for name in ("1 y", "3 m"))
        expect(year).to_have_attribute("aria-pressed", "true")
        start = "() => document.querySelector('.chart').layout.xaxis.range[0]"
        before = page.evaluate(start)
        quarter.focus()
        page.keyboard.press("Enter")
        expect(quarter).to_have_attribute("aria-pressed", "true")
        expect(year).to_have_attribute("aria-pressed", "false")
        assert page.evaluate(start) > before


def test_a_click_in_the_chart_leads_to_that_instant(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "system") as page:
        chart = page.locator("figure .chart")
        expect(chart.locator(".main-svg").first).to_be_visible()
        box = chart.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
        expect(chart.locator(".hoverlayer .legend")).to_be_visible()
        page.mouse.down()
        page.mouse.up()
        page.wait_for_url("**/?at=*")
        expect(page.get_by_text("This is the system as of")).to_be_visible()
        instants = page.evaluate("() => JSON.parse(document.getElementById('trend-figure').textContent).data[0].x")
        asked = unquote(page.url.partition("?at=")[2])
        assert asked.rstrip("Z").replace("T", " ") in instants


@pytest.fixture(scope="module")
def window(browser: Browser, scene: Scene) -> Iterator[tuple[Page, Faults]]:
    """One window, in which pages are looked at one after the other and nothing is touched."""
    with scene.window(browser) as pair:
        yield pair


@pytest.mark.parametrize("place", PLACES)
def test_pages_are_accessible_and_never_scroll_sideways(window: tuple[Page, Faults], scene: Scene, place: str) -> None:
    page, faults = window
    page.set_viewport_size(VIEWPORT)
    page.goto(scene.live.url + scene.pages[place])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        # Colours that are on their way from one scheme to the other are nobody's contrast.
        page.emulate_media(color_scheme="dark" if width in (768, 1440) else "light", reduced_motion="reduce")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        if width in (360, 1440):
            violations = Axe().run(page).response["violations"]
            assert not violations, [(width, each["id"], each["nodes"][0]["html"]) for each in violations]
    told = faults.copy()
    faults.clear()
    assert told == []


@pytest.mark.parametrize(("place", "width"), [("organisation", 1440), ("system", 360)])
def test_nothing_moves_while_a_page_arrives_or_its_chart_mounts(
    browser: Browser, scene: Scene, place: str, width: int
) -> None:
    size = {"width": width, "height": 900}
    with trickle(scene.live.url) as slow, scene.window(browser, viewport=size, timezone_id="Asia/Tokyo") as (page, _):
        # The second time, nothing but the page itself is waited for.
        for _ in range(2):
            page.goto(slow + scene.pages[place])
            expect(page.locator("figure .chart .main-svg").first).to_be_visible()
        shifts = page.evaluate(
            "() => new Promise(done => new PerformanceObserver(list => done(list.getEntries()"
            ".flatMap(entry => entry.sources.map(({node}) => node?.parentNode?.outerHTML ?? 'gone'))"
            ")).observe({type: 'layout-shift', buffered: true}) || setTimeout(() => done([]), 500))"
        )
        assert shifts == []


def test_without_javascript_every_number_stands_in_the_page(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "system", java_script_enabled=False) as page:
        expect(page.locator(".score b")).to_have_text("2.5")
        expect(page.locator(".chart")).to_be_hidden()
        expect(page.locator(".chart-summary")).to_be_visible()
        page.get_by_text("As a table").click()
        expect(page.get_by_role("region", name="Score over time, as a table")).to_be_visible()
        assert page.locator("table.tests tbody tr:not(.group)").count() == 28
    with scene.visit(browser, "organisation", java_script_enabled=False) as page:
        page.get_by_label("Find").fill("search ranking")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator("table.systems tbody tr")).to_have_count(1)


def test_leaving_out_a_step_of_the_plan_shows_the_score_to_come(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "plan") as page:
        score = page.locator("#outlook .score b")
        expect(score).to_have_text("3.5")
        page.get_by_role("checkbox", name="Count in step 1").press("Space")
        expect(score).to_have_text("3.0")
        clean(page)


def test_every_number_leads_to_its_facts_by_keyboard(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "organisation") as page:
        page.locator("table.systems").get_by_role("link", name="Card fraud scoring").press("Enter")
        page.get_by_role("link", name="Model quality is sufficient on important data slices").first.press("Enter")
        expect(page.get_by_role("heading", name="Why this is verified as automated")).to_be_visible()
        page.locator("table.result-list th a").first.press("Enter")
        expect(page.get_by_text("country=BR: 0.71")).to_be_visible()


def test_arrows_move_through_the_heat_map_and_enter_opens_a_cell(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "heat map") as page:
        first = page.locator("table.heat tbody th[scope=row] a").first
        first.focus()
        for key in ("End", "ArrowLeft", "ArrowDown", "Home", "ArrowRight"):
            page.keyboard.press(key)
        chosen = page.locator("table.heat tbody a:focus")
        assert page.locator("table.heat tbody a[tabindex='0']").count() == 1
        assert (chosen.get_attribute("href") or "").endswith("/tests/data-1/")
        page.keyboard.press("Enter")
        page.wait_for_url("**/tests/data-1/")


def test_a_result_is_voided_once_it_was_asked(browser: Browser, scene: Scene) -> None:
    with scene.visit(browser, "results") as page:
        page.locator("table.result-list th a").last.click()
        page.get_by_text("It is wrong and must not count").click()
        page.get_by_label("Why is it wrong?").fill("Read the wrong table.")
        page.get_by_role("button", name="Void the result for good").click()
        expect(page.get_by_text("Read the wrong table.")).to_be_visible()
        expect(page.get_by_text("It is voided and counts nothing, at any time.")).to_be_visible()
