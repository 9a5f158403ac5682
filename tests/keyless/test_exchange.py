"""The exchange of a CI's token, against a real issuer with real keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.actors import Actor
from accounts.models import Membership, Organisation, Pass, Token
from accounts.tokens import authenticate, issue_pass
from assessments.models import System
from keyless.bindings import add_binding, remove_binding
from keyless.exchange import exchange
from keyless.issuers import READINGS
from keyless.models import Binding, Kind
from tests.api.client import Api, faults, ok, problem
from tests.factories import make_system
from tests.support.issuer import Issuer, ec_key, rsa_key, running_issuer

HERE = "https://mlscore.example.org"
HOME = {"repository": "acme/fraud", "ref": "refs/heads/main"}
ANYBODY = Api(None)
Bind = Callable[..., Binding]


@pytest.fixture
def issuer(settings: Settings) -> Iterator[Issuer]:
    with running_issuer() as started:
        settings.PUBLIC_URL = HERE
        settings.KEYLESS_LOCAL_ISSUERS = [started.url]
        yield started


@pytest.fixture
def system(organisation: Organisation) -> System:
    return make_system(organisation, timezone.now(), name="Fraud scorer", slug="fraud-scorer")


@pytest.fixture
def bind(issuer: Issuer, system: System) -> Bind:
    """A function that binds a system (Acme's fraud scorer by default) to claims of the issuer's tokens."""

    def bound(to: System = system, **claims: str) -> Binding:
        return add_binding(
            actor=Actor(to.organisation),
            system_id=to.pk,
            kind=Kind.OTHER,
            issuer=issuer.url,
            claims=list((claims or HOME).items()),
            at=timezone.now(),
        )

    return bound


def ask(token: str, **names: str) -> Any:
    return ANYBODY.post("/token/exchange", {"token": token, **names})


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    """A token as `alg: none` has it."""
    parts = (json.dumps(part).encode() for part in ({"typ": "JWT", **header}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), ""])


def signed_by_the_published_key(issuer: Issuer) -> str:
    """HS256 with the public key as the secret: what a careless verifier takes."""
    public = issuer.keys["first"].public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    message = unsigned(issuer.claims(HERE, **HOME), alg="HS256", kid="first").rstrip(".")
    signature = hmac.digest(pem, message.encode(), "sha256")
    return f"{message}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_a_job_gets_a_token_of_15_minutes_for_its_system_alone(bind: Bind, issuer: Issuer, system: System) -> None:
    make_system(system.organisation, timezone.now(), name="Churn", slug="churn")
    binding = bind()
    before = timezone.now()
    response = ask(issuer.token(HERE, **HOME, sub="repo:acme/fraud:ref:refs/heads/main"))
    body = ok(response)
    assert response["Cache-Control"] == "no-store"
    assert (body["system"], body["scopes"]) == ("fraud-scorer", ["read", "results:write"])
    expires_at = datetime.fromisoformat(body["expires_at"])
    assert timedelta(minutes=15) <= expires_at - before < timedelta(minutes=16)
    api = Api(body["token"])
    ok(api.post("/results/", {"test": "data-1", "run_id": "1", "status": "passed"}), 201)
    assert [row["slug"] for row in ok(api.get("/systems/"))["results"]] == ["fraud-scorer"]
    problem(api.get("/systems/churn/score/"), 404)
    problem(api.patch("/systems/fraud-scorer/", {"name": "x"}), 403)
    assert authenticate(body["token"], expires_at - timedelta(microseconds=1)) == binding.token
    assert authenticate(body["token"], expires_at) is None
    binding.refresh_from_db()
    assert binding.last_exchanged_at is not None
    assert binding.last_subject == "repo:acme/fraud:ref:refs/heads/main"
    assert body["token"] not in repr([*Token.objects.values(), *Pass.objects.values()])


REFUSED: dict[str, tuple[int, Callable[[Issuer], str]]] = {
    "another key under the right name": (403, lambda at: Issuer(at.url).token(HERE, **HOME)),
    "a key that is not published": (
        403,
        lambda at: jwt.encode(at.claims(HERE, **HOME), rsa_key(), "RS256", {"kid": "x"}),
    ),
    "another repository": (403, lambda at: at.token(HERE, **{**HOME, "repository": "eve/fraud"})),
    "another branch": (403, lambda at: at.token(HERE, **{**HOME, "ref": "refs/heads/topic"})),
    "a claim that is a list": (403, lambda at: at.token(HERE, **{**HOME, "ref": [HOME["ref"]]})),  # type: ignore[arg-type]
    "another issuer": (403, lambda at: at.token(HERE, **HOME, iss="https://eve.example")),
    "another audience": (401, lambda at: at.token("https://elsewhere.example", **HOME)),
    "no audience": (401, lambda at: at.token(HERE, **HOME, aud=None)),
    "expired": (401, lambda at: at.token(HERE, **HOME, exp=int(timezone.now().timestamp()) - 61)),
    "never expires": (401, lambda at: at.token(HERE, **HOME, exp=None)),
    "expires beyond all numbers": (401, lambda at: at.token(HERE, **HOME, exp=float("inf"))),
    "not valid yet": (401, lambda at: at.token(HERE, **HOME, nbf=int(timezone.now().timestamp()) + 90)),
    "issued in the future": (401, lambda at: at.token(HERE, **HOME, iat=int(timezone.now().timestamp()) + 90)),
    "algorithm none": (401, lambda at: unsigned(at.claims(HERE, **HOME), alg="none", kid="first")),
    "algorithm missing": (401, lambda at: unsigned(at.claims(HERE, **HOME))),
    "signature missing": (403, lambda at: unsigned(at.claims(HERE, **HOME), alg="RS256", kid="first")),
    "the public key as a secret": (401, signed_by_the_published_key),
    "of another algorithm": (403, lambda at: unsigned(at.claims(HERE, **HOME), alg="ES256", kid="first") + "c2ln"),
    "nested beyond reason": (401, lambda at: "eyJhbGciOiJSUzI1NiJ9." + base64.b64encode(b"[" * 9000).decode() + ".x"),
    "not ASCII": (401, lambda at: at.token(HERE, **HOME) + "é"),
    "no token": (401, lambda at: "mls_something"),
    "giant": (400, lambda at: at.token(HERE, **HOME, more="x" * 20_000)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_the_bound_pipelines_token_is_refused(case: str, bind: Bind, issuer: Issuer) -> None:
    bind()
    status, make = REFUSED[case]
    response = ask(make(issuer))
    said = problem(response, status)
    if status == 400:
        assert faults(response) == {"/token"}
    assert "WWW-Authenticate" in response if status == 401 else said["detail"]
    assert not Pass.objects.exists()
    ok(ask(issuer.token(HERE, **HOME)))


def test_a_refusal_does_not_tell_what_is_bound(bind: Bind, issuer: Issuer, stranger: Membership) -> None:
    """The same token gets the same answer, whichever part of whatever binding it meets."""
    token = issuer.token(HERE, **HOME)
    details = [problem(ask(token, organisation=slug), 403)["detail"] for slug in ("acme", "globex", "nobody")]
    theirs = bind(make_system(stranger.organisation, timezone.now(), slug="secret"), **{**HOME, "ref": "other"})
    details.append(problem(ask(token, organisation="globex"), 403)["detail"])
    details.append(problem(ask(token, organisation="globex", system="secret"), 403)["detail"])
    assert len(set(details)) == 1
    assert "repository acme/fraud" in details[0]
    theirs.refresh_from_db()
    assert theirs.last_refusal == "ref was refs/heads/main, not other"


def test_the_organisation_is_named_where_there_are_several(bind: Bind, issuer: Issuer, stranger: Membership) -> None:
    bind()
    assert faults(ask(issuer.token(HERE, **HOME))) == {"/organisation"}
    ok(ask(issuer.token(HERE, **HOME), organisation="acme"))


def test_of_several_systems_the_job_names_one(bind: Bind, issuer: Issuer, organisation: Organisation) -> None:
    bind(), bind(make_system(organisation, timezone.now(), slug="churn"))
    problem(ask(issuer.token(HERE, **HOME)), 403)
    assert {binding.last_refusal for binding in Binding.objects.all()} == {
        "Several systems are bound to this pipeline, and it named none."
    }
    assert ok(ask(issuer.token(HERE, **HOME), system="churn"))["system"] == "churn"


def test_the_owner_learns_what_came_close_and_nothing_of_strangers(bind: Bind, issuer: Issuer) -> None:
    binding = bind()
    ask(issuer.token(HERE, repository="eve/spam", ref="refs/heads/main"))
    binding.refresh_from_db()
    assert binding.last_refusal == ""
    ask(issuer.token(HERE, repository="acme/fraud", ref="refs/heads/\x00\ud800topic"))
    binding.refresh_from_db()
    assert binding.last_refusal == "ref was refs/heads/��topic, not refs/heads/main"
    assert binding.last_exchanged_at is None


def test_keys_are_read_once_and_again_when_the_issuer_rotates_them(bind: Bind, issuer: Issuer) -> None:
    bind()
    at = datetime.now(UTC)
    for _ in range(3):
        exchange(token=issuer.token(HERE, **HOME), organisation="acme", system=None, at=at)
    assert issuer.asked.count("/keys") == 1
    issuer.keys = {"first": rsa_key(), "withdrawn": ec_key()}
    withdrawn = issuer.token(HERE, key_id="withdrawn", **HOME)
    del issuer.keys["withdrawn"]
    ok(ask(issuer.token(HERE, **HOME)))
    assert issuer.asked.count("/keys") == 2, "another key under the same id"
    issuer.keys = {"second": ec_key()}
    ok(ask(issuer.token(HERE, key_id="second", **HOME)))
    assert issuer.asked.count("/keys") == 3
    for _ in range(READINGS):
        problem(ask(withdrawn), 403)
    assert issuer.asked.count("/keys") == READINGS, "unknown keys send nobody to the issuer without end"
    ok(ask(issuer.token(HERE, key_id="second", **HOME)))


def asked_marker(issuer: Issuer) -> str:
    """The cache's key that keeps the issuer from being asked again."""
    return "keyless-asked:" + hashlib.sha256(issuer.url.encode()).hexdigest()


def test_an_issuer_that_is_away(bind: Bind, issuer: Issuer) -> None:
    """It answers alike whichever organisation is named, so that nobody learns whose pipelines it signs for."""
    binding = bind()
    issuer.pages["/keys"] = lambda asked: None
    token = issuer.token(HERE, **HOME)
    response = ask(token)
    problem(response, 503)
    assert response["Retry-After"]
    problem(ask(token), 503)
    problem(ask(token, organisation="globex"), 503), problem(ask(token, system="none"), 503)
    assert issuer.asked.count("/keys") == 1, "an issuer that fails is left alone for a while"
    binding.refresh_from_db()
    assert "could not be read" in binding.last_refusal
    cache.clear()
    del issuer.pages["/keys"]
    ok(ask(token))
    issuer.pages["/keys"] = lambda asked: None
    cache.delete(asked_marker(issuer))
    # What it published still serves hours later.
    later = datetime.now(UTC) + timedelta(hours=5)
    fresh = issuer.token(HERE, **HOME, exp=int(later.timestamp()) + 60)
    exchange(token=fresh, organisation="acme", system=None, at=later)
    assert issuer.asked.count("/keys") == 3


WRONG_DISCOVERY = {
    "another issuer's": {"issuer": "https://eve.example"},
    "keys at an address of the private network": {"jwks_uri": "https://127.0.0.1/keys"},
    "keys without TLS": {"jwks_uri": "http://eve.example/keys"},
    "keys in a file": {"jwks_uri": "file:///etc/passwd"},
}


@pytest.mark.parametrize("case", WRONG_DISCOVERY)
def test_a_discovery_document_leads_nowhere_else(case: str, bind: Bind, issuer: Issuer) -> None:
    bind()
    issuer.discovery = WRONG_DISCOVERY[case]
    problem(ask(issuer.token(HERE, **HOME)), 503)
    assert "/keys" not in issuer.asked


def test_nobody_is_contacted_whom_no_binding_names(issuer: Issuer, system: System) -> None:
    problem(ask(issuer.token(HERE, **HOME)), 403)
    assert issuer.asked == []


def test_an_answer_without_end_is_not_read_to_its_end(bind: Bind, issuer: Issuer) -> None:
    bind()
    issuer.pages["/keys"] = lambda asked: b"[" * 400_000
    problem(ask(issuer.token(HERE, **HOME)), 503)


def test_removing_ends_what_was_exchanged(bind: Bind, issuer: Issuer, admin: Membership) -> None:
    binding = bind()
    secret = ok(ask(issuer.token(HERE, **HOME)))["token"]
    remove_binding(actor=Actor.of(admin), binding_id=binding.pk, at=timezone.now())
    problem(Api(secret).get("/systems/"), 401)
    problem(ask(issuer.token(HERE, **HOME)), 403)


def test_passes_do_not_pile_up_and_an_exchange_costs_few_statements(
    bind: Bind, issuer: Issuer, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    binding, now = bind(), timezone.now()
    for _ in range(20):
        issue_pass(token=binding.token, expires_at=now - timedelta(seconds=1), at=now - timedelta(minutes=15))
    with django_assert_max_num_queries(10):
        ok(ask(issuer.token(HERE, **HOME)))
    assert Pass.objects.count() == 1


def test_one_address_asks_so_often_a_minute(bind: Bind, issuer: Issuer, settings: Settings) -> None:
    bind()
    settings.EXCHANGE_RATE = 2
    token = issuer.token(HERE, **HOME)
    ok(ask(token)), ok(ask(token))
    response = ask(token)
    problem(response, 429)
    assert 1 <= int(response["Retry-After"]) <= 60
    other = Client(REMOTE_ADDR="192.0.2.7").post(
        "/api/v1/token/exchange/", json.dumps({"token": token}), content_type="application/json"
    )
    assert other.status_code == 200
