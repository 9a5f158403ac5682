"""Tokens and systems for the tests of the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Organisation, Scope
from accounts.tokens import create_token
from assessments.models import System
from assessments.systems import create_system
from tests.api.client import Api

MakeApi = Callable[..., Api]


@pytest.fixture
def make_api(organisation: Organisation) -> MakeApi:
    """A function that gives a client whose token has these scopes (all of them by default)."""

    def made(*scopes: str, system: System | None = None, of: Organisation = organisation) -> Api:
        _, secret = create_token(
            actor=Actor(of),
            name="pipeline",
            scopes=scopes or list(Scope),
            system_id=system.pk if system else None,
            expires_at=None,
            at=timezone.now(),
        )
        return Api(secret)

    return made


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    """A client whose token may do everything in Acme."""
    return make_api()


@pytest.fixture
def system(organisation: Organisation) -> System:
    """Acme's fraud scorer."""
    return create_system(actor=Actor(organisation), at=timezone.now(), name="Fraud scorer", slug="fraud-scorer")


@pytest.fixture
def churn(organisation: Organisation) -> System:
    """Another system of Acme's."""
    return create_system(actor=Actor(organisation), at=timezone.now(), name="Churn", slug="churn")


@pytest.fixture
def foreign(elsewhere: Organisation) -> System:
    """A system of Globex's, which Acme must not see."""
    return create_system(actor=Actor(elsewhere), at=timezone.now(), name="Secret", slug="secret")
