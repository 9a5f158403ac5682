"""The server whose draft the tests of assessing share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.assessing import Scene, scene


@pytest.fixture(scope="package")
def _server(django_db_blocker: object) -> Iterator[Scene]:
    with django_db_blocker.unblock(), scene() as made:  # type: ignore[attr-defined]
        yield made


@pytest.fixture
def made(_server: Scene, django_db_blocker: object) -> Iterator[Scene]:
    """The scene; tests use different tests of the rubric, so that they may share it."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield _server
