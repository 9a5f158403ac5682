"""Tokens, scopes, what a token does not see, and the errors that have nothing to do with a body."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Organisation, Scope, Token
from accounts.tokens import create_token, revoke_token
from assessments.models import System
from mlscore_site.wsgi import LenientRequest, application
from tests.api.client import BASE, Api, ok, problem
from tests.api.conftest import MakeApi
from tools.servers import free_port

pytestmark = pytest.mark.django_db

READING = [
    "/systems/",
    "/systems/fraud-scorer/",
    "/systems/fraud-scorer/results/",
    "/systems/fraud-scorer/assessments/",
    "/systems/fraud-scorer/score/",
    "/systems/fraud-scorer/history/",
    "/systems/fraud-scorer/gate/?min_score=1",
    "/organisation/",
    "/teams/",
    "/trends/",
    "/rubrics/",
    "/rubrics/ml-test-score-2017/",
]
WRITING = [
    ("POST", "/results/", Scope.RESULTS_WRITE),
    ("POST", "/systems/", Scope.SYSTEMS_WRITE),
    ("PATCH", "/systems/fraud-scorer/", Scope.SYSTEMS_WRITE),
    ("PATCH", "/organisation/", Scope.ORGANISATION_WRITE),
    ("POST", "/teams/", Scope.ORGANISATION_WRITE),
    ("POST", "/systems/fraud-scorer/assessments/", Scope.ASSESSMENTS_WRITE),
    ("PATCH", "/systems/fraud-scorer/assessments/1/", Scope.ASSESSMENTS_WRITE),
    ("POST", "/systems/fraud-scorer/assessments/1/finalise/", Scope.ASSESSMENTS_WRITE),
    ("POST", "/systems/fraud-scorer/assessments/1/void/", Scope.ORGANISATION_WRITE),
    ("POST", "/systems/fraud-scorer/results/1/void/", Scope.ORGANISATION_WRITE),
]
EVERYTHING = [("GET", path) for path in READING] + [(method, path) for method, path, _ in WRITING]


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer nonsense", "Basic dXNlcjpwYXNz", "Token x", "Bearer é\x01", "Bearer a b"],
)
def test_without_a_known_token_everything_is_401(system: System, method: str, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    response = Client().generic(method, BASE + path, b"{", "application/json", headers=headers)
    problem(response, 401)
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_and_a_revoked_token_are_401(organisation: Organisation, system: System) -> None:
    actor, now = Actor(organisation), timezone.now()
    arguments: dict[str, Any] = {"actor": actor, "name": "t", "scopes": ["read"], "system_id": None}
    _, expired = create_token(**arguments, at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    token, revoked = create_token(**arguments, at=now, expires_at=None)
    ok(Api(revoked).get("/systems/"))
    revoke_token(actor=actor, token_id=token.pk, at=now)
    problem(Api(expired).get("/systems/"), 401)
    problem(Api(revoked).get("/systems/"), 401)


def test_the_scheme_is_case_insensitive_and_the_last_use_is_kept(api: Api, system: System) -> None:
    api.headers["Authorization"] = api.headers["Authorization"].replace("Bearer", "bearer")
    ok(api.get("/systems/"))
    assert Token.objects.get().last_used_at is not None


def test_a_session_is_no_token(organisation: Organisation, owner, sign_in) -> None:
    problem(sign_in(owner).get(f"{BASE}/systems/"), 401)


@pytest.mark.parametrize("path", READING)
def test_reading_needs_the_scope_read(make_api: MakeApi, system: System, path: str) -> None:
    ok(make_api(Scope.READ).get(path))
    problem(make_api(*[scope for scope in Scope if scope != Scope.READ]).get(path), 403)


@pytest.mark.parametrize(("method", "path", "scope"), WRITING)
def test_writing_needs_its_scope_whatever_the_path_names(
    make_api: MakeApi, system: System, method: str, path: str, scope: Scope
) -> None:
    others = make_api(*[each for each in Scope if each != scope])
    for elsewhere in (path, path.replace("fraud-scorer", "nope")):
        problem(others.request(method, elsewhere, b"{"), 403)
    assert make_api(scope).request(method, path, {"unknown": 1}).status_code in (400, 404)


@pytest.mark.parametrize(("method", "path"), [each for each in EVERYTHING if "fraud-scorer" in each[1]])
@pytest.mark.parametrize(
    "slug", ["secret", "nope", "Fraud-scorer", "%00", "%ff", "%F0%9F%98%80", "a" * 300, "..", "%2e"]
)
def test_what_a_token_does_not_see_is_404(
    api: Api, system: System, foreign: System, method: str, path: str, slug: str
) -> None:
    there = api.request(method, path.replace("fraud-scorer", slug), {})
    assert problem(there, 404)["detail"] or slug == ".."


@pytest.mark.parametrize(("method", "path"), [each for each in EVERYTHING if "fraud-scorer" in each[1]])
def test_a_bound_token_sees_its_system_only(
    make_api: MakeApi, system: System, churn: System, method: str, path: str
) -> None:
    problem(make_api(system=churn).request(method, path, {}), 404)


def test_a_bound_tokens_lists_show_just_its_system(make_api: MakeApi, system: System, churn: System) -> None:
    bound = make_api(system=churn)
    assert [each["slug"] for each in ok(bound.get("/systems/"))["results"]] == ["churn"]
    ok(bound.get("/rubrics/"))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/trends/"),
        ("GET", "/organisation/"),
        ("PATCH", "/organisation/"),
        ("GET", "/teams/"),
        ("POST", "/teams/"),
        ("POST", "/systems/"),
    ],
)
def test_the_organisation_as_a_whole_is_not_for_bound_tokens(
    make_api: MakeApi, churn: System, method: str, path: str
) -> None:
    problem(make_api(system=churn).request(method, path, {"name": "x"}), 403)


@pytest.mark.parametrize(
    "path",
    ["/", "", "/nothing/", "/systems", "/systems/fraud-scorer", "/systems/fraud-scorer/nothing/", "/results/1/", "/%00/",
     "/%ff%fe/", "/systems//", "/systems/a%0Ab/x/", "/..%2f/", "/rubrics/nope/", "/rubrics/%00/",
     "/systems/fraud-scorer/assessments/x/", "/systems/fraud-scorer/assessments/99999999999999999999/"],
)  # fmt: skip
def test_addresses_that_lead_nowhere_are_404(api: Api, system: System, path: str) -> None:
    problem(api.get(path), 404)
    if "x/" not in path and "rubrics" not in path and "999" not in path:
        problem(api.post(path, {}), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", path) for path in READING]
    + [
        ("PUT", "/results/"),
        ("GET", "/results/"),
        ("POST", "/organisation/"),
        ("OPTIONS", "/systems/"),
        ("TRACE", "/systems/"),
        ("FROB", "/systems/"),
        ("POST", "/openapi.json"),
        ("POST", "/docs/"),
    ],
)
def test_other_methods_are_405(api: Api, system: System, method: str, path: str) -> None:
    response = api.request(method, path, {})
    problem(response, 405)
    allowed = {each.strip() for each in response["Allow"].split(",")}
    assert allowed
    assert method not in allowed


def test_405_names_what_is_allowed(api: Api, system: System) -> None:
    assert api.request("DELETE", "/systems/fraud-scorer/")["Allow"] == "GET, HEAD, PATCH"
    assert api.request("DELETE", "/results/")["Allow"] == "POST"


def test_head_answers_as_get_without_a_body(api: Api, system: System) -> None:
    response = api.request("HEAD", "/systems/")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("accept", ["text/html", "application/xml, text/*", "application/json;q=0", "image/png", "x"])
def test_what_is_not_acceptable_is_406(api: Api, system: System, accept: str) -> None:
    problem(api.get("/systems/", Accept=accept), 406)


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/*", "application/json", "application/problem+json", "APPLICATION/JSON",
     "text/html, application/json;q=0.1", "application/json; charset=utf-8", "text/html;q=x, */*;q=0.2",
     "application/json; charset*=nope''x"],
)  # fmt: skip
def test_what_leaves_room_for_json_is_acceptable(api: Api, system: System, accept: str) -> None:
    ok(api.get("/systems/", Accept=accept))


def test_too_many_requests_in_a_second_are_429(make_api: MakeApi, system: System, settings, monkeypatch) -> None:
    settings.API_RATE = 3
    now = timezone.now()
    monkeypatch.setattr("api.base.timezone.now", lambda: now)
    api, other = make_api(), make_api()
    answers = [api.get("/systems/") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    problem(answers[-1], 429)
    assert answers[-1]["Retry-After"] == "1"
    ok(other.get("/systems/"))
    now += timedelta(seconds=1)
    ok(api.get("/systems/"))


def test_too_many_parameters_are_at_fault(api: Api, system: System) -> None:
    problem(api.get("/systems/fraud-scorer/score/?" + "&".join(f"a{index}=1" for index in range(2000))), 400)


def test_a_failure_of_the_server_is_a_problem_too(api: Api, system: System, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("kaputt")

    monkeypatch.setattr("api.views.scores.explained_at", fail)
    api.client.raise_request_exception = False
    body = problem(api.get("/systems/fraud-scorer/score/"), 500)
    assert "kaputt" not in str(body)


def test_a_request_that_reaches_no_view_is_a_problem_below_api(api: Api) -> None:
    assert problem(api.get("/systems/", Host="evil.example.org"), 400)
    assert Client().get("/healthz", headers={"Host": "evil.example.org"})["Content-Type"].startswith("text/html")


def test_a_failure_outside_of_views_is_a_problem_below_api(api: Api, monkeypatch) -> None:
    monkeypatch.setattr("api.base.ApiView.finalize_response", None)
    api.client.raise_request_exception = False
    problem(api.get("/systems/"), 500)


def test_a_malformed_content_type_is_none() -> None:
    environ = RequestFactory().post("/").environ | {"CONTENT_TYPE": "application/json; charset*=foo'en'bar"}
    assert application.request_class is LenientRequest
    assert LenientRequest(environ).content_type == ""


def test_requests_are_answered_and_counted_while_redis_is_away(
    make_api: MakeApi, system: System, settings, monkeypatch
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    settings.API_RATE = 2
    monkeypatch.setattr("api.counting._away_until", 0.0)
    moment = timezone.now()
    monkeypatch.setattr("api.base.timezone.now", lambda: moment)
    client = make_api()
    assert [client.get("/systems/").status_code for _ in range(3)] == [200, 200, 429]
