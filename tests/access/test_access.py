"""Tries every cell of the access table, and finds what is missing from it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from _pytest.mark.structures import ParameterSet
from django.db import connection, transaction
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Scope
from tests.access.endpoints import ENDPOINTS
from tests.access.library import LIBRARY
from tests.access.rows import Answer, Endpoint, Library, Page, Who
from tests.access.table import PAGES
from tests.access.world import World

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PAGE_ACTORS = ("anonymous", "token", "stranger", "viewer", "assessor", "admin", "owner")
API_ACTORS = ("anonymous", "session", "foreign", "bound", *Scope.values)
# A sign-in's own traces, and the time at which a token was used last.
HARMLESS = re.compile(r'(UPDATE|INSERT INTO|DELETE FROM) "(django_session|accounts_token)"')


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Every route that the project serves, as its patterns write it."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes(pattern, route)


def test_every_route_is_in_the_table() -> None:
    listed = [row.route for rows in (PAGES, ENDPOINTS, LIBRARY) for row in rows]
    served = set(routes(get_resolver()))
    assert served - set(listed) == set(), "routes that tests/access/table.py does not name"
    assert set(listed) - served == set(), "routes of tests/access/table.py that are not served"
    assert len(listed) == len(set(listed)), "routes that tests/access/table.py names twice"


def address(row: Page | Endpoint | Library, world: World) -> str:
    """The row's route with its arguments filled in."""
    arguments = {"organisation": world.organisation.slug, **row.arguments(world)}
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(arguments[found[1]]), plain(row.route))
    query = row.query(world) if isinstance(row, Endpoint) else {}
    return f"/{path}?{urlencode(query)}" if query else f"/{path}"


def plain(route: str) -> str:
    """A route without the marks of regular expressions: `(?P<key>...)` becomes `<key>`."""
    without = route.replace("^", "").replace("$", "")
    return re.sub(r"\(\?P(<\w+>)(?:\[[^]]*\]|[^)[])*\)", r"\1", without)


def prepare(row: Page | Endpoint, world: World) -> None:
    """Make what the row refers to before its cells are tried, so that they begin alike and write nothing of their own."""
    row.arguments(world)
    row.data(world)
    if isinstance(row, Endpoint):
        row.query(world)


def ask(client: Client, row: Page | Endpoint, method: str, world: World) -> HttpResponseBase:
    """Send the row's request."""
    path = address(row, world)
    if method == "GET":
        return client.get(path)
    data = row.data(world)
    if isinstance(row, Page):
        return client.generic(method, path) if method != "POST" else client.post(path, data)
    return client.generic(method, path, json.dumps(data), content_type="application/json")


def answer(response: HttpResponseBase) -> Answer | int:
    """The response as the table speaks of it; the bare status where it has no word for it."""
    if response.status_code == 302 and response["Location"].startswith("/accounts/login/"):
        return Answer.SIGN_IN
    words = {401: Answer.UNAUTHENTICATED, 403: Answer.FORBIDDEN, 404: Answer.NOT_FOUND}
    if response.status_code in words:
        return words[response.status_code]
    return response.status_code if response.status_code == 405 or response.status_code >= 500 else Answer.OPEN


def writes(queries: CaptureQueriesContext) -> list[str]:
    """The statements that changed something."""
    changes = ("INSERT", "UPDATE", "DELETE")
    return [
        query["sql"]
        for query in queries.captured_queries
        if query["sql"].startswith(changes) and not HARMLESS.match(query["sql"])
    ]


def check(row: Page | Endpoint, method: str, actor: str, client: Client, world: World) -> None:
    """One cell: the answer is the expected one, and whoever is not let in changes nothing."""
    expected = row.expected(method, actor)
    with CaptureQueriesContext(connection) as queries:
        response = ask(client, row, method, world)
    if isinstance(response, StreamingHttpResponse):
        response.getvalue()  # an export takes its place until it is read
    if expected is Answer.FAULT:
        assert response.status_code == 400, (actor, response.status_code)
    else:
        assert answer(response) is expected, (actor, response.status_code, response.headers.get("Location"))
    if expected is not Answer.OPEN:
        assert writes(queries) == [], actor


def cells(rows: list[Page] | list[Endpoint]) -> list[ParameterSet]:
    return [pytest.param(row, method, id=f"{method} /{row.route}") for row in rows for method in row.methods]


@pytest.mark.parametrize(("page", "method"), cells(PAGES))
def test_page(page: Page, method: str) -> None:
    world = World()
    prepare(page, world)
    for actor in PAGE_ACTORS:
        client = world.client(actor)
        with transaction.atomic():
            check(page, method, actor, client, world)
            transaction.set_rollback(True)


@pytest.mark.parametrize(("endpoint", "method"), cells(ENDPOINTS))
def test_endpoint(endpoint: Endpoint, method: str) -> None:
    world = World()
    prepare(endpoint, world)
    for actor in API_ACTORS:
        client = world.api_client(actor)
        with transaction.atomic():
            check(endpoint, method, actor, client, world)
            transaction.set_rollback(True)


@pytest.mark.parametrize("row", [*PAGES, *ENDPOINTS], ids=lambda row: f"/{row.route}")
def test_no_other_method_is_taken(row: Page | Endpoint) -> None:
    world = World()
    everything = Client(headers=world.bearer(world.organisation, list(Scope)))
    client = world.client("owner") if isinstance(row, Page) else everything
    for method in METHODS:
        if method not in row.methods:
            status = ask(client, row, method, world).status_code
            hidden = isinstance(row, Page) and Who.NOBODY in row.methods.values()
            assert status == 405 or (hidden and status == 404), (
                f"/{row.route} answers {method} with {status}; the table does not name it"
            )


@pytest.mark.parametrize("row", LIBRARY, ids=lambda row: f"/{row.route}")
def test_library_page(row: Library) -> None:
    world = World()
    for actor, statuses in (("anonymous", row.anonymous), ("viewer", row.viewer)):
        client = world.client(actor)
        path = address(row, world)
        assert (client.get(path).status_code, client.post(path).status_code) == statuses, actor
