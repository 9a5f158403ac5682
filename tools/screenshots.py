"""`python -m tools.screenshots`: starts the demo, signs in, and takes the pictures that README.md and docs/ show."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import sync_playwright

from tools import chromium
from tools.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
SYSTEM = "card-fraud-scoring"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
START_SECONDS = 180


def main() -> None:
    with demo() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.require(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 1020}, locale="en-GB", timezone_id="UTC")
        owner, password, organisation = cast()
        page.goto(f"{url}/accounts/login/")
        page.get_by_label("E-mail").fill(owner)
        page.locator("input[type=password]").fill(password)
        page.locator("input[type=password]").press("Enter")
        page.wait_for_url(f"{url}/o/{organisation}/")
        PICTURES.mkdir(parents=True, exist_ok=True)
        for name, path in (("organisation", ""), ("system", f"systems/{SYSTEM}/")):
            page.goto(f"{url}/o/{organisation}/{path}")
            # Drawn by Plotly once it has read the figure.
            page.locator(".js-plotly-plot .main-svg").first.wait_for()
            page.screenshot(path=PICTURES / f"{name}.png")
        browser.close()


def cast() -> tuple[str, str, str]:
    """The demo owner's address and password, and the organisation's slug."""
    import django

    django.setup()
    from dashboards.demo import cast

    return cast.OWNER.email, cast.PASSWORD, cast.SLUG


@contextmanager
def demo() -> Iterator[str]:
    """The address of a server with a fresh demo, on the loopback interface."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="mlscore-") as directory:
        # For this process too, which reads the demo's cast.
        os.environ.update(DATA_DIR=directory, PORT=str(port), STATIC_ROOT=str(ROOT / "var" / "static"))
        os.environ["DJANGO_SETTINGS_MODULE"] = "mlscore_site.settings"
        os.environ.pop("DATABASE_URL", None)
        process = subprocess.Popen([sys.executable, "-m", "tools.run", "--without-work"], cwd=ROOT)
        try:
            wait_for(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; exit when it ends instead, or time runs out."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):  # noqa: S310 - our own server
                return
        except (URLError, OSError):
            time.sleep(0.2)
    sys.exit("The demo did not start.")


if __name__ == "__main__":
    main()
