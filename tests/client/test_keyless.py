"""Publishing without a stored secret: the command in GitHub's and GitLab's jobs, against the real server and an issuer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from mlscore_client.client import Client
from mlscore_client.errors import Misconfigured, Refused, Unavailable

from accounts.actors import Actor
from accounts.models import Organisation
from keyless.bindings import add_binding
from keyless.models import Kind
from tests.client.conftest import Installed
from tests.client.server import Answer, Server
from tests.client.test_environment import GITHUB, GITLAB
from tests.client.test_live import Pipeline
from tests.support.issuer import Asked, Issuer, running_issuer
from tests.support.live import start_live

REQUEST = {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of the runner"}


@dataclass(frozen=True)
class World:
    pipeline: Pipeline
    issuer: Issuer
    url: str


@pytest.fixture
def world(installed: Installed, tmp_path: Path, django_db_blocker: Any, settings: Any) -> Iterator[World]:
    """A server on which acme/fraud may publish by the issuer's tokens, and a pipeline that has no token."""
    with running_issuer() as issuer, django_db_blocker.unblock():
        settings.KEYLESS_LOCAL_ISSUERS = [issuer.url]
        live = start_live(KEYLESS_LOCAL_ISSUERS=issuer.url)
        try:
            live.manage("bootstrap", "--organisation", "Acme", "--slug", "acme", "--email", "olga@example.org")
            live.manage("create_system", "--organisation", "acme", "--name", "Fraud scorer", "--slug", "fraud-scorer")
            with live.orm():
                allow(issuer.url)
            url = re.sub("//localhost", "//127.0.0.1", live.url)
            environment = {**installed.environment(url), "MLSCORE_TOKEN": ""}
            yield World(Pipeline(environment, tmp_path), issuer, url)
        finally:
            live.stop()


def allow(issuer: str) -> None:
    organisation = Organisation.objects.get()
    add_binding(
        actor=Actor(organisation),
        system_id=organisation.systems.get().pk,
        kind=Kind.GITHUB,
        issuer=issuer,
        claims=[("repository", "acme/fraud")],
        at=timezone.now(),
    )


def test_a_job_needs_no_stored_token(world: World) -> None:
    issuer, post = world.issuer, world.pipeline.post

    def runner(asked: Asked) -> Any:
        """As GitHub's runner answers: only to who shows its token."""
        assert asked.headers["Authorization"] == "Bearer of the runner"
        return {"value": issuer.token(asked.query["audience"], repository="acme/fraud")}

    issuer.pages["/runner"] = runner
    github = {**GITHUB, **REQUEST, "ACTIONS_ID_TOKEN_REQUEST_URL": f"{issuer.url}/runner?api-version=2"}
    assert "1 accepted, 0 known already" in post("data-1", within={**github, "MLSCORE_ORGANISATION": "acme"})
    gitlab = {**GITLAB, "MLSCORE_ID_TOKEN": issuer.token(world.url, repository="acme/fraud")}
    assert "1 accepted, 0 known already" in post("data-2", within=gitlab)
    score = json.loads(world.pipeline.run("mlscore", "score", "--json", MLSCORE_ID_TOKEN=gitlab["MLSCORE_ID_TOKEN"]))
    assert {test["key"] for test in score["tests"] if test["runs"]} == {"data-1", "data-2"}
    wrong = {**GITLAB, "MLSCORE_ID_TOKEN": issuer.token(world.url, repository="eve/fraud")}
    assert "repository eve/fraud" in post("data-1", code=2, within=wrong)


def client_of(server: Server, **variables: str) -> Client:
    return Client.from_environment({"MLSCORE_URL": server.url, "MLSCORE_ID_TOKEN": "a.b.c", **variables}, retries=2)


def test_one_token_serves_until_it_is_old(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.pages["/api/v1/token/exchange"] = Answer(200, {"token": "mlsx_1"})
    client = client_of(server, MLSCORE_SYSTEM="fraud-scorer", MLSCORE_ORGANISATION="acme")
    client.score("fraud-scorer"), client.score("fraud-scorer")
    assert [asked.path for asked in server.asked].count("/api/v1/token/exchange") == 1
    assert server.asked[0].json == {"token": "a.b.c", "organisation": "acme", "system": "fraud-scorer"}
    assert "Authorization" not in server.asked[0].headers
    assert {asked.headers["Authorization"] for asked in server.asked[1:]} == {"Bearer mlsx_1"}
    monkeypatch.setattr("mlscore_client.transport.time.monotonic", lambda: 1e12)
    client.score("fraud-scorer")
    assert [asked.path for asked in server.asked].count("/api/v1/token/exchange") == 2


def test_an_exchange_that_fails_is_an_outage_or_a_refusal(told: Server) -> None:
    told.script = [Answer(503), Answer(200, {"token": "mlsx_1"}), Answer(200, {})]
    client_of(told).score("fraud-scorer")
    told.script = [Answer(403, {"detail": "No system is bound."})]
    with pytest.raises(Refused, match="No system is bound"):
        client_of(told).score("fraud-scorer")
    told.script = [Answer(503)] * 3
    with pytest.raises(Unavailable):
        client_of(told).score("fraud-scorer")


@pytest.mark.parametrize(("ci", "advice"), [(GITHUB, "id-token: write"), (GITLAB, "id_tokens")])
def test_a_job_without_any_identity_learns_what_it_lacks(ci: dict[str, str], advice: str) -> None:
    with pytest.raises(Misconfigured, match=advice):
        Client.from_environment({**ci, "MLSCORE_URL": "https://mlscore.example.org"})
