"""Tokens: made, shown once, recognised, used, ended."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Activity, Membership, Scope, Token
from accounts.tokens import authenticate, create_token, revoke_token
from tests.cast import NOW
from tests.factories import make_system

SignIn = Callable[[Membership], Client]
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)


def made(member: Membership, **values: Any) -> tuple[Token, str]:
    """A token for reading, made at NOW."""
    asked = {"name": "nightly", "scopes": [Scope.READ], "system_id": None, "expires_at": None, "at": NOW}
    return create_token(actor=Actor.of(member), **(asked | values))


def test_only_the_hash_is_stored(admin: Membership) -> None:
    token, secret = made(admin)
    assert re.fullmatch(r"mls_[\w-]{43}", secret)
    assert secret.startswith(token.prefix)
    assert len(token.prefix) == 10
    for rows in (Token.objects.values(), Activity.objects.values()):
        assert secret not in repr(list(rows))


def test_two_tokens_differ(admin: Membership) -> None:
    assert made(admin)[1] != made(admin)[1]


def test_scopes_are_kept_in_one_order(admin: Membership) -> None:
    token, _ = made(admin, scopes=["results:write", "read", "read"])
    assert token.scopes == ["read", "results:write"]
    assert token.has_scope(Scope.READ)
    assert not token.has_scope(Scope.SYSTEMS_WRITE)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["read", "everything"]}, "scopes"),
        ({"expires_at": NOW}, "expires_at"),
        ({"expires_at": NOW - SECOND}, "expires_at"),
        ({"system_id": 2**70}, "system"),
    ],
)
def test_a_wrong_token_is_refused(admin: Membership, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(admin, **values)
    assert [fault.path for fault in refused.value.faults] == [(field,)]
    assert not Token.objects.exists()


def test_a_system_of_another_organisation_is_refused(admin: Membership, stranger: Membership) -> None:
    with pytest.raises(Invalid):
        made(admin, system_id=make_system(stranger.organisation, NOW).pk)


def test_authenticate_takes_one_query(admin: Membership, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    system = make_system(admin.organisation, NOW)
    _, secret = made(admin, system_id=system.pk)
    assert authenticate(secret, NOW) is not None
    with django_assert_num_queries(1):
        token = authenticate(secret, NOW + SECOND)
        assert token is not None
        assert (token.organisation.slug, token.system) == ("acme", system)


@pytest.mark.parametrize("wrong", ["", "mls_", "mls_wrong", "é" * 40, "\x00"])
def test_a_wrong_secret_is_nobodys(admin: Membership, wrong: str) -> None:
    made(admin)
    assert authenticate(wrong, NOW) is None


def test_it_expires_to_the_microsecond(admin: Membership) -> None:
    _, secret = made(admin, expires_at=NOW + SECOND)
    assert authenticate(secret, NOW + SECOND - MICROSECOND) is not None
    assert authenticate(secret, NOW + SECOND) is None


def test_a_revoked_token_is_ended_once_and_for_good(admin: Membership) -> None:
    token, secret = made(admin)
    revoke_token(actor=Actor.of(admin), token_id=token.pk, at=NOW)
    assert authenticate(secret, NOW) is None
    with pytest.raises(Conflict):
        revoke_token(actor=Actor.of(admin), token_id=token.pk, at=NOW)
    assert Activity.objects.filter(action="token.revoked").count() == 1


def test_a_token_of_another_organisation_is_not_revoked(admin: Membership, stranger: Membership) -> None:
    token, _ = made(stranger)
    with pytest.raises(Token.DoesNotExist):
        revoke_token(actor=Actor.of(admin), token_id=token.pk, at=NOW)


@pytest.mark.parametrize(
    ("after", "last_used"),
    [(0 * SECOND, NOW), (59 * SECOND, NOW), (60 * SECOND, NOW + 60 * SECOND), (600 * SECOND, NOW + 600 * SECOND)],
)
def test_the_last_use_is_written_once_a_minute(admin: Membership, after: timedelta, last_used: datetime) -> None:
    token, secret = made(admin)
    authenticate(secret, NOW)
    authenticate(secret, NOW + after)
    token.refresh_from_db()
    assert token.last_used_at == last_used


FORM = {"name": "nightly", "scopes": ["results:write"], "system": "", "days": "90"}


def test_the_page_shows_a_token_once(admin: Membership, sign_in: SignIn) -> None:
    client = sign_in(admin)
    response = client.post("/o/acme/tokens/new/", FORM)
    page = response.content.decode()
    found = re.search(r"mls_[\w-]{43}", page)
    assert found is not None
    assert response["Cache-Control"] == "no-store"
    assert "/api/v1/results/" in page
    token = Token.objects.get()
    assert token.created_by == admin.person
    assert token.expires_at is not None
    assert token.expires_at - token.created_at == timedelta(days=90)
    listed = client.get("/o/acme/tokens/").content.decode()
    assert token.prefix in listed
    assert found[0] not in listed


def test_the_curl_example_names_the_bound_system(admin: Membership, sign_in: SignIn) -> None:
    system = make_system(admin.organisation, NOW, name="Fraud", slug="fraud")
    page = sign_in(admin).post("/o/acme/tokens/new/", FORM | {"system": str(system.pk)}).content.decode()
    assert "&quot;system&quot;: &quot;fraud&quot;" in page or '"system": "fraud"' in page
    assert Token.objects.get().system == system


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": ""}, "required"),
        ({"scopes": []}, "required"),
        ({"scopes": ["everything"]}, "valid choice"),
        ({"days": "17"}, "valid choice"),
        ({"system": "999"}, "valid choice"),
    ],
)
def test_a_wrong_form_is_told(admin: Membership, sign_in: SignIn, change: dict[str, Any], fault: str) -> None:
    response = sign_in(admin).post("/o/acme/tokens/new/", FORM | change)
    assert response.status_code == 400
    assert fault in response.content.decode()
    assert not Token.objects.exists()


def test_a_token_that_never_expires(admin: Membership, sign_in: SignIn) -> None:
    sign_in(admin).post("/o/acme/tokens/new/", FORM | {"days": ""})
    assert Token.objects.get().expires_at is None


def test_revoking_asks_first(admin: Membership, sign_in: SignIn) -> None:
    token, secret = made(admin)
    client, address = sign_in(admin), f"/o/acme/tokens/{token.pk}/revoke/"
    assert "Revoke the token nightly?" in client.get(address).content.decode()
    assert authenticate(secret, NOW) is not None
    client.post(address)
    assert authenticate(secret, NOW) is None
    assert "revoked" in client.get("/o/acme/tokens/").content.decode()
    assert "already" in client.post(address, follow=True).content.decode()
