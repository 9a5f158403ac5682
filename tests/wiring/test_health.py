"""/healthz, /readyz and /metrics, in this process and through a real server."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django.fixtures import Settings

from mlscore_site import health
from tests.support.live import Live, start_live
from tools.servers import free_port


def test_a_process_that_runs_is_healthy_without_a_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_names_database_and_broker(client: Client, settings: Settings, redis_url: str) -> None:
    settings.REDIS_URL = redis_url
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "database": "ok", "broker": "ok"})


@pytest.mark.django_db
def test_an_unreachable_broker_is_named(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    response = client.get("/readyz")
    assert (response.status_code, response.json()["broker"]) == (503, "unreachable")
    assert response.json()["database"] == "ok"


def test_an_unreachable_database_is_named(client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("password=secret")

    settings.REDIS_URL = ""
    monkeypatch.setattr(health, "ask_database", fail)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "unavailable", "database": "unreachable"})
    assert b"secret" not in response.content


def test_metrics_are_closed_without_a_token(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_metrics_want_the_token(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "open-sesame"
    client.get("/healthz")
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    body = client.get("/metrics", headers={"Authorization": "Bearer open-sesame"}).content.decode()
    assert 'mlscore_request_seconds_count{method="GET",route="healthz",status="200"}' in body


@pytest.fixture(scope="module")
def served() -> Iterator[Live]:
    """A real server of two processes, which these tests only ask."""
    server = start_live(WEB_WORKERS="2", METRICS_TOKEN="t")
    yield server
    server.stop()


def test_metrics_add_up_over_processes(served: Live) -> None:
    for _ in range(20):
        urllib.request.urlopen(f"{served.url}/healthz").close()
    request = urllib.request.Request(f"{served.url}/metrics", headers={"Authorization": "Bearer t"})
    text = urllib.request.urlopen(request).read().decode()
    line = next(
        line for line in text.splitlines() if line.startswith("mlscore_request_seconds_count") and "healthz" in line
    )
    # The 20, and those by which the test waited for the server.
    assert float(line.rpartition(" ")[2]) >= 20


def test_a_real_server_is_ready_and_believes_no_forwarded_scheme(served: Live) -> None:
    request = urllib.request.Request(f"{served.url}/readyz", headers={"X-Forwarded-Proto": "https"})
    with urllib.request.urlopen(request) as response:
        assert json.load(response)["status"] == "ready"
        assert response.headers["X-Request-ID"]


def test_an_unknown_host_is_refused(served: Live) -> None:
    request = urllib.request.Request(f"{served.url}/accounts/login/", headers={"Host": "evil.example"})
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code == 400


def test_ready_fails_when_the_servers_database_has_no_schema() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    server = start_live(DATABASE_URL=f"postgres://nobody:nothing@127.0.0.1:{port}/none")
    try:
        with pytest.raises(HTTPError) as caught:
            urllib.request.urlopen(f"{server.url}/readyz")
        assert caught.value.code == 503
        assert json.load(caught.value)["database"] == "unreachable"
    finally:
        server.stop()
