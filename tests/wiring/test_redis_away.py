"""Redis stops: pages are answered, people sign in, and too many attempts are still too many."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.test import Client

from accounts.models import Membership, Organisation, Role
from tests.cast import NOW, PASSWORD, make_person
from tools.servers import Server, start_redis


@pytest.fixture
def redis(settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    """A Redis that the product uses as its settings say, to be stopped by the test."""
    tmp_path.chmod(0o755)
    server = start_redis(tmp_path / "redis", durable=False)
    settings.REDIS_URL = server.url
    settings.CACHES = {"default": {**configured.CACHES["default"], **SHARED, "LOCATION": server.url}}
    monkeypatch.setattr("api.counting._away_until", 0.0)
    return server


SHARED = {"BACKEND": "mlscore_site.caching.SharedCache", "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1}}


def test_what_was_kept_is_forgotten_and_each_process_keeps_its_own(redis: Server) -> None:
    cache.set("keys", [1])
    assert cache.get("keys") == [1]
    redis.stop()
    assert cache.get("keys", "none") == "none"
    assert cache.add("tries", 1, 60)
    assert not cache.add("tries", 1, 60)
    assert cache.incr("tries") == 2
    cache.delete("tries")


@pytest.mark.django_db
def test_people_sign_in_read_and_are_throttled(redis: Server, organisation: Organisation) -> None:
    pat = make_person("pat", PASSWORD)
    Membership.objects.create(organisation=organisation, person=pat, role=Role.VIEWER, created_at=NOW)
    early, late = Client(), Client()
    right, wrong = {"login": pat.email, "password": PASSWORD}, {"login": pat.email, "password": "wrong"}
    assert early.post("/accounts/login/", right).status_code == 302
    redis.stop()
    assert early.get("/o/acme/").status_code == 200
    assert late.post("/accounts/login/", right).status_code == 302
    assert late.get("/o/acme/").status_code == 200
    assert [Client().post("/accounts/login/", wrong).status_code for _ in range(6)] == [200] * 5 + [429]
