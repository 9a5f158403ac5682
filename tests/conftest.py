"""What every test may ask for. tests.support.environment has set the environment before this is read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import triggers
from tests.support.browser import Faults, launch, watched_page
from tests.support.environment import DATABASE, scratch_directory
from tests.support.live import Live, migrated_database, start_live
from tools.servers import start_redis

pytest_plugins = ["tests.cast"]


def pytest_configure() -> None:
    """Settings that suit tests inside this process; real servers run with the product's own."""
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # Argon2 is slow by intention.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    if DATABASE == "sqlite":
        # A file, as in production: threads share no table locks, and WAL holds.
        connections["default"].settings_dict["TEST"]["NAME"] = str(Path(settings.DATA_DIR) / "test.sqlite3")
    triggers.install()


# Files of few tests that wait for servers, browsers and disks. Begun last, each would keep one process of the run waiting
# while the others have nothing left to do.
LONG = (
    *(
        "tests/api/test_schemathesis.py",
        "tests/browser/",
        "tests/docs/test_examples.py",
        "tests/evidence/test_killed.py",
    ),
    *("tests/exports/test_streaming.py", "tests/notify/test_live.py", "tests/surfaces/"),
    *("tests/wiring/test_health.py", "tests/wiring/test_run.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses a page is a browser test; what takes long begins first."""
    for item in items:
        if {"browser", "page"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """On SQLite the test database is there before Django makes it: a copy of the migrated one, which Django brings up."""
    return DATABASE == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Let the test database begin as a copy, since migrating takes each worker longer than many of its tests."""
    test = connections["default"].settings_dict["TEST"]
    if DATABASE == "sqlite":
        shutil.copyfile(migrated_database(), test["NAME"])
    else:
        test["TEMPLATE"] = migrated_database()


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Throttles count from nothing in every test."""
    yield
    cache.clear()


@pytest.fixture
def live(django_db_blocker: object) -> Iterator[Live]:
    """A real server with an empty database, for this test alone."""
    server = start_live()
    try:
        with django_db_blocker.unblock():  # type: ignore[attr-defined]
            yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a real Redis: the run's own, or one for this session."""
    if settings.REDIS_URL:
        yield settings.REDIS_URL
        return
    server = start_redis(scratch_directory(), durable=False)
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. A machine without it fails the test."""
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[tuple[Page, Faults]]:
    """A page 1280 pixels wide, and the list of its faults, which must be empty at the end."""
    with watched_page(browser, viewport={"width": 1280, "height": 800}) as pair:
        yield pair


@pytest.fixture
def page(watched: tuple[Page, Faults]) -> Page:
    """A page whose console errors, exceptions and policy violations fail the test."""
    return watched[0]


@pytest.fixture
def faults(watched: tuple[Page, Faults]) -> Faults:
    """The faults of `page`, for a test that provokes some."""
    return watched[1]
