"""When pages first show content in Chromium, and by how much they shift afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tools import chromium

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SETTLED = 1500
TIMES = 3
WATCH = """
window.shifts = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
READ = """() => ({
  paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  shifts: window.shifts,
  scripts: performance.getEntriesByType("resource").filter(each => each.name.includes("plotly.min")).map(
    each => ({sent: each.transferSize, blocking: each.renderBlockingStatus})),
})"""


@dataclass(frozen=True)
class Paint:
    """First contentful paint in ms (the median of several visits), layout shift (the most), and scripts that draw charts.

    `scripts` are (bytes sent, what it says of blocking) for each time that a page asked for the charting script; none are
    sent on later visits, as the browser keeps it.
    """

    first: float
    shift: float
    scripts: list[tuple[int, str]]


def paints(url: str, cookie: str, paths: Mapping[str, str]) -> dict[str, Paint]:
    """Each of these pages visited TIMES times by a browser that has been on it before."""
    name, _, value = cookie.partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.require(), args=ARGUMENTS)
        try:
            return {page: _visit(browser, url, {"name": name, "value": value}, path) for page, path in paths.items()}
        finally:
            browser.close()


def _visit(browser: Browser, url: str, cookie: Mapping[str, str], path: str) -> Paint:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": url}])
    page = context.new_page()
    found = []
    for _ in range(TIMES + 1):
        page.goto(url + path)
        page.wait_for_timeout(SETTLED)
        found.append(page.evaluate(READ))
    context.close()
    return Paint(
        first=median(each["paint"] for each in found[1:]),
        shift=max(each["shifts"] for each in found),
        scripts=[(script["sent"], script["blocking"]) for each in found for script in each["scripts"]],
    )
