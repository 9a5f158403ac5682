"""The API's part of the access table: scopes and reach as the contract says. See table.py for how to add a row."""

from __future__ import annotations

from accounts.models import Scope
from tests.access.rows import Endpoint, Reach, Values
from tests.access.world import World

READ, RESULTS, SYSTEMS = Scope.READ, Scope.RESULTS_WRITE, Scope.SYSTEMS_WRITE
ASSESSMENTS, ORGANISATION = Scope.ASSESSMENTS_WRITE, Scope.ORGANISATION_WRITE
SYSTEM = "api/v1/systems/<str:slug>/"


def of_system(world: World) -> dict[str, object]:
    return {"slug": world.system.slug}


def of_draft(world: World) -> dict[str, object]:
    return {"slug": world.system.slug, "pk": world.draft.pk}


def of_final(world: World) -> dict[str, object]:
    return {"slug": world.system.slug, "pk": world.final.pk}


def of_version(world: World) -> dict[str, object]:
    return {"slug": world.system.slug, "version": world.result.model_version}


def of_event(world: World) -> dict[str, object]:
    return {"slug": world.system.slug, "pk": world.event.pk}


def of_result(world: World) -> dict[str, object]:
    return {"slug": world.system.slug, "pk": world.result.pk}


def body(**values: object) -> Values:
    """A JSON body that is the same in every world."""
    return lambda world: values


ENDPOINTS = [
    Endpoint("api/v1/openapi.json", {"GET": READ}, Reach.LIST, public=True),
    Endpoint("api/v1/docs/", {"GET": READ}, Reach.LIST, public=True),
    # Open to all: the body proves who calls, and an empty one is a fault (400).
    Endpoint("api/v1/token/exchange", {"POST": RESULTS}, Reach.LIST, public=True),
    Endpoint("api/v1/token/exchange/", {"POST": RESULTS}, Reach.LIST, public=True),
    Endpoint(
        "api/v1/results/",
        {"POST": RESULTS},
        Reach.BODY,
        data=lambda world: {
            "system": world.system.slug,
            "test": "data-1",
            "run_id": "1",
            "status": "passed",
        },
    ),
    Endpoint(
        "api/v1/imports/",
        {"POST": RESULTS},
        Reach.BODY,
        data=body(results={"tests": [{"name": "rows", "status": "passed", "tags": ["mlscore:data-1"]}]}),
        query=lambda world: {"system": world.system.slug, "run_id": "1"},
    ),
    Endpoint(
        "api/v1/organisation/mapping/", {"GET": READ, "PUT": ORGANISATION}, Reach.ORGANISATION, data=body(rules=[])
    ),
    Endpoint(
        "api/v1/organisation/",
        {"GET": READ, "PATCH": ORGANISATION},
        Reach.ORGANISATION,
        data=body(name="Acme Labs"),
    ),
    Endpoint("api/v1/teams/", {"GET": READ, "POST": ORGANISATION}, Reach.ORGANISATION, data=body(name="Search")),
    Endpoint("metrics/scores", {"GET": READ}, Reach.LIST),
    Endpoint("api/v1/exports/", {"GET": READ}, Reach.ORGANISATION),
    Endpoint(
        "api/v1/exports/<str:table>/", {"GET": READ}, Reach.ORGANISATION, arguments=lambda world: {"table": "results"}
    ),
    Endpoint("api/v1/trends/", {"GET": READ}, Reach.ORGANISATION),
    Endpoint("api/v1/rubrics/", {"GET": READ}, Reach.LIST),
    Endpoint(
        "api/v1/rubrics/<str:key>/", {"GET": READ}, Reach.LIST, arguments=lambda world: {"key": "ml-test-score-2017"}
    ),
    Endpoint(
        "api/v1/systems/",
        {"GET": READ, "POST": SYSTEMS},
        Reach.LIST,
        data=body(name="Ranking"),
        whole=frozenset({"POST"}),
    ),
    Endpoint(SYSTEM, {"GET": READ, "PATCH": SYSTEMS}, Reach.SYSTEM, of_system, body(name="Fraud")),
    Endpoint(SYSTEM + "score/", {"GET": READ}, Reach.SYSTEM, of_system),
    Endpoint(SYSTEM + "history/", {"GET": READ}, Reach.SYSTEM, of_system),
    Endpoint(SYSTEM + "gate/", {"GET": READ}, Reach.SYSTEM, of_system),
    Endpoint(SYSTEM + "plan/", {"GET": READ}, Reach.SYSTEM, of_system),
    Endpoint(SYSTEM + "model-versions/", {"GET": READ}, Reach.SYSTEM, of_system),
    Endpoint(SYSTEM + "model-versions/<anytext:version>/", {"GET": READ}, Reach.SYSTEM, of_version),
    Endpoint(SYSTEM + "mapping/", {"GET": READ, "PUT": SYSTEMS}, Reach.SYSTEM, of_system, body(rules=[])),
    Endpoint(SYSTEM + "results/", {"GET": READ}, Reach.SYSTEM, of_system),
    Endpoint(
        SYSTEM + "results/<str:pk>/void/",
        {"POST": ORGANISATION},
        Reach.SYSTEM,
        of_result,
        body(reason="wrong data"),
    ),
    Endpoint(
        SYSTEM + "events/",
        {"GET": READ, "POST": RESULTS},
        Reach.SYSTEM,
        of_system,
        body(kind="note", title="Moved"),
    ),
    Endpoint(SYSTEM + "events/<str:pk>/void/", {"POST": ORGANISATION}, Reach.SYSTEM, of_event, body(reason="a typo")),
    Endpoint(SYSTEM + "assessments/", {"GET": READ, "POST": ASSESSMENTS}, Reach.SYSTEM, of_system),
    Endpoint(
        SYSTEM + "assessments/<str:pk>/", {"GET": READ, "PATCH": ASSESSMENTS}, Reach.SYSTEM, of_draft, body(answers=[])
    ),
    Endpoint(SYSTEM + "assessments/<str:pk>/finalise/", {"POST": ASSESSMENTS}, Reach.SYSTEM, of_draft),
    Endpoint(
        SYSTEM + "assessments/<str:pk>/void/",
        {"POST": ORGANISATION},
        Reach.SYSTEM,
        of_final,
        body(reason="wrong system"),
    ),
]
