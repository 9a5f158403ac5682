"""Schemathesis on the real server: the whole OpenAPI document, signed in and with data there, right and wrong requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests
import schemathesis
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.openapi import from_url
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.actors import Actor
from accounts.models import Person, Scope
from accounts.organisations import create_organisation
from accounts.teams import create_team
from accounts.tokens import create_token
from api.openapi import document
from assessments.changes import AnswerChange
from assessments.events import Told, record_event
from assessments.models import EventKind
from assessments.operations import finalise, save_answers, start_assessment
from assessments.systems import create_system
from evidence.models import Result
from evidence.posting import PostedResult
from evidence.recording import record_results
from exports.tables import EVERYTHING, TABLES
from tests.support.live import Live, start_live

# Whole on the production database; what SQLite alone could do differently shows with fewer, in a run that has to stay short.
SHARE = 1 if connection.vendor == "postgresql" else 10
EXAMPLES = {GenerationMode.POSITIVE: 100 // SHARE, GenerationMode.NEGATIVE: 30 // SHARE}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
TESTS = ("data-1", "model-2", "infra-3", "data-99")


@dataclass(frozen=True)
class World:
    """The server, a token of every scope, and what there is to name."""

    schema: BaseSchema
    secret: str
    ids: dict[str, list[int]]


@pytest.fixture(scope="module")
def world(django_db_blocker: Any) -> Iterator[World]:
    """A server with a system that has results, a draft, and final assessments."""
    live = start_live(API_RATE="100000", EXCHANGE_RATE="100000")
    try:
        with django_db_blocker.unblock(), live.orm():
            made = furnish(live)
        yield made
        assert "Traceback" not in live.log
    finally:
        live.stop()


def furnish(live: Live) -> World:
    """Make the data, by the operations that users call."""
    now = timezone.now()
    owner = Person.objects.create(email="olga@example.org", name="Olga")
    actor = Actor(create_organisation(name="Acme", slug="acme", owner=owner, at=now), owner)
    create_team(actor=actor, name="Risk", at=now)
    system = create_system(actor=actor, at=now, name="Fraud scorer", slug="fraud-scorer")
    finals = []
    for days in range(40, 0, -1):
        draft = start_assessment(actor=actor, system=system, at=now, effective_at=now - timedelta(days=days))
        save_answers(actor=actor, assessment=draft, changes=[AnswerChange("data-1", level="manual")], at=now)
        finals.append(finalise(actor=actor, assessment=draft, at=now).pk)
    drafts = [start_assessment(actor=actor, system=system, at=now).pk]
    posted = [
        PostedResult(
            "fraud-scorer", "data-1", str(days), "passed", "data-1", now - timedelta(days=days), model_version="7"
        )
        for days in range(120)
    ]
    record_results(actor=actor, results=posted, received_at=now)
    events = [
        record_event(actor=actor, system=system, told=Told(EventKind.NOTE, "Moved"), at=now)[0].pk for _ in range(40)
    ]
    _, secret = create_token(actor=actor, name="fuzz", scopes=list(Scope), system_id=None, expires_at=None, at=now)
    results = list(Result.objects.values_list("pk", flat=True))
    return World(
        from_url(f"{live.url}/api/v1/openapi.json"),
        secret,
        {"results": results, "events": events, "assessments": drafts * 20 + finals},
    )


def operations() -> list[tuple[str, str]]:
    """Every method and path of the document."""
    paths = document()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def can_be_wrong(method: str, path: str) -> bool:
    """Whether a request can break the document: one that takes nothing but plain texts can't."""
    operation = document()["paths"][path][method.lower()]
    schemas = [parameter["schema"] for parameter in operation.get("parameters", []) if parameter["in"] != "header"]
    return "requestBody" in operation or any(schema != {"type": "string"} for schema in schemas)


@pytest.mark.parametrize(("method", "path"), operations())
def test_requests_as_documented_get_documented_answers(world: World, method: str, path: str) -> None:
    fuzz(world, method, path, GenerationMode.POSITIVE)


@pytest.mark.parametrize(("method", "path"), [each for each in operations() if can_be_wrong(*each)])
def test_requests_that_break_the_document_get_documented_answers(world: World, method: str, path: str) -> None:
    fuzz(world, method, path, GenerationMode.NEGATIVE)


def fuzz(world: World, method: str, path: str, mode: GenerationMode) -> None:
    """Send requests of this operation, four of five to what exists, and check every answer."""
    operation = world.schema[path][method]
    session = requests.Session()

    @seed(20261121)
    @settings(
        max_examples=EXAMPLES[mode],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.integers(0, 4), pick=st.integers(0, 10_000))
    def run(case: schemathesis.Case[Any], real: int, pick: int) -> None:
        if real:
            name_what_exists(world, case, pick)
        response = case.call(headers={"Authorization": f"Bearer {world.secret}"}, timeout=30, session=session)
        case.validate_response(response, checks=CHECKS)

    run()


def name_what_exists(world: World, case: schemathesis.Case[Any], pick: int) -> None:
    """Put the slugs and ids of what is there into the path and into posted results."""
    if "slug" in case.path_parameters:
        case.path_parameters["slug"] = "fraud-scorer"
    if "key" in case.path_parameters:
        case.path_parameters["key"] = "key-principles"
    if "table" in case.path_parameters:
        case.path_parameters["table"] = [*TABLES, EVERYTHING][pick % (len(TABLES) + 1)]
    if "version" in case.path_parameters:
        case.path_parameters["version"] = "7"
    if "id" in case.path_parameters:
        ids = next(ids for kind, ids in world.ids.items() if f"/{kind}/" in case.path)
        case.path_parameters["id"] = ids[pick % len(ids)]
    body: Any = case.body
    if isinstance(body, dict) and case.path.endswith("/v1/results/"):
        items = body["results"] if isinstance(body.get("results"), list) else [body]
        for index, item in enumerate(items):
            if isinstance(item, dict):
                item |= {"system": "fraud-scorer", "test": TESTS[(pick + index) % len(TESTS[: 3 + pick % 2])]}
