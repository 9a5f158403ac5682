"""The named cast of the tests: one organisation with a member of each role, and a stranger who owns another one.

    def test_something(owner, viewer, sign_in): ...

`owner`, `admin`, `assessor` and `viewer` are memberships of `organisation`; `stranger` is an owner's membership of
`elsewhere`. `sign_in(membership)` gives a client of theirs. `NOW` is the instant at which all of this was made.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.models import Membership, Organisation, Person, Role
from accounts.organisations import create_organisation
from accounts.people import create_person

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PASSWORD = "a long enough pass phrase"


def make_person(name: str, password: str | None = None) -> Person:
    """A person `NAME@example.org`; without a password they can be signed in by `sign_in` alone, which is fast."""
    return create_person(email=f"{name}@example.org", name=name.title(), password=password, at=NOW)


def make_member(organisation: Organisation, name: str, role: Role) -> Membership:
    """A member of the organisation, with an account of their own."""
    return Membership.objects.create(organisation=organisation, person=make_person(name), role=role, created_at=NOW)


@pytest.fixture
def organisation(db: None) -> Organisation:
    """Acme, owned by Olga."""
    return create_organisation(name="Acme", slug="acme", owner=make_person("olga"), at=NOW)


@pytest.fixture
def elsewhere(db: None) -> Organisation:
    """Globex, owned by Steve; nothing of Acme's may ever reach it."""
    return create_organisation(name="Globex", slug="globex", owner=make_person("steve"), at=NOW)


@pytest.fixture
def owner(organisation: Organisation) -> Membership:
    return organisation.memberships.select_related("person", "organisation").get(role=Role.OWNER)


@pytest.fixture
def admin(organisation: Organisation) -> Membership:
    return make_member(organisation, "ada", Role.ADMIN)


@pytest.fixture
def assessor(organisation: Organisation) -> Membership:
    return make_member(organisation, "axel", Role.ASSESSOR)


@pytest.fixture
def viewer(organisation: Organisation) -> Membership:
    return make_member(organisation, "vera", Role.VIEWER)


@pytest.fixture
def stranger(elsewhere: Organisation) -> Membership:
    return elsewhere.memberships.select_related("person", "organisation").get(role=Role.OWNER)


@pytest.fixture
def sign_in() -> Callable[[Membership | Person], Client]:
    """A function that gives a client with this person signed in."""

    def signed_in(who: Membership | Person) -> Client:
        client = Client()
        client.force_login(who.person if isinstance(who, Membership) else who)
        return client

    return signed_in
