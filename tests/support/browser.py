"""Chromium for tests, in pages that fail a test by what goes wrong inside them."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Playwright, expect

from tools import chromium

# What no test looks at: a process for the suggestions below each window's address, which costs more than most pages, and
# a spare one for each page. The others are those that Playwright turns off itself: the last argument of the kind counts.
FEATURES_OFF = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "SpareRendererForSitePerProcess"),
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay"),
    *("MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch"),
    "ThirdPartyStoragePartitioning",
)
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"),
    f"--disable-features={','.join(FEATURES_OFF)}",
]
# For how many milliseconds a page may take to become as expected: two cores serve all workers and their servers.
PATIENCE = 20_000


def launch(playwright: Playwright) -> Browser:
    """The Chromium of this machine; FileNotFoundError when it has none."""
    expect.set_options(timeout=PATIENCE)
    return playwright.chromium.launch(executable_path=chromium.require(), args=ARGUMENTS)


class Faults(list[str]):
    """What a page complained of: console errors (violations of the Content-Security-Policy too) and exceptions.

    A test that provokes one on purpose takes it out again, by `expect`.
    """

    def expect(self, part: str) -> None:
        """Take out the faults that contain `part`; AssertionError when there is none."""
        matching = [fault for fault in self if part in fault]
        assert matching, f"no fault with {part!r} among {list(self)!r}"
        self[:] = [fault for fault in self if fault not in matching]


def watch(page: Page) -> Faults:
    """Collect the page's faults from here on."""
    faults = Faults()
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return faults


@contextmanager
def watched_page(browser: Browser, **context: object) -> Iterator[tuple[Page, Faults]]:
    """A page in a browser context of its own (`viewport`, `color_scheme`, ...); it must end without faults."""
    opened = browser.new_context(**{"locale": "en-GB", "timezone_id": "UTC", **context})  # type: ignore[arg-type]
    page = opened.new_page()
    faults = watch(page)
    try:
        yield page, faults
    finally:
        opened.close()
    assert not faults, f"the page complained: {faults}"
