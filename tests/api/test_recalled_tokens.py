"""A posting may go by a token as it was a moment ago: never when it is another by now, whatever the posting is like.

On SQLite every request asks for its token; there these tests hold all the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Organisation, Token
from accounts.tokens import revoke_token
from api import throttles
from assessments.models import System
from evidence.models import Result
from tests.api.client import Api, ok, problem

pytestmark = pytest.mark.django_db
BODY = {"system": "fraud-scorer", "test": "data-1", "status": "passed", "run_id": "1"}


@pytest.fixture
def used(api: Api, system: System) -> Api:
    """A client whose token has been used a moment ago, more than once."""
    for number in range(3):
        ok(api.post("/results/", {**BODY, "run_id": f"before {number}"}), 201)
    return api


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/results/", BODY, {}),
        ("/results/", {"results": [BODY, {**BODY, "test": "data-2"}]}, {}),
        ("/results/?dry_run=true", BODY, {}),
        ("/results/?dry_run=perhaps", BODY, {}),
        ("/results/", {**BODY, "status": "fine"}, {}),
        ("/results/", {**BODY, "system": "unknown"}, {}),
        ("/results/", {**BODY, "run_id": "before 1", "status": "failed"}, {}),
        ("/results/", b"{", {}),
        ("/results/", BODY, {"content_type": "text/plain"}),
    ],
)
def test_a_revoked_token_is_401_at_once(
    organisation: Organisation, used: Api, path: str, body: Any, headers: dict[str, str]
) -> None:
    revoke_token(actor=Actor(organisation), token_id=Token.objects.get().pk, at=timezone.now())
    problem(used.request("POST", path, body, **headers), 401)
    assert Result.objects.count() == 3


def test_a_revoked_token_is_401_before_it_is_too_many(
    organisation: Organisation, used: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles, "count", lambda *_: 1_000_000)
    problem(used.post("/results/", BODY), 429)
    revoke_token(actor=Actor(organisation), token_id=Token.objects.get().pk, at=timezone.now())
    problem(used.post("/results/", BODY), 401)


def change(**values: Any) -> None:
    """Another transaction's change, as far as a test within one can make it: a row's version tells of transactions."""
    with transaction.atomic():
        Token.objects.update(**values)


def test_a_token_that_only_looks_different_still_posts(used: Api) -> None:
    change(name="renamed")
    assert ok(used.post("/results/", BODY), 201)["accepted"] == 1
    assert ok(used.post("/results/", BODY))["duplicates"] == 1


def test_an_expired_token_is_401(used: Api) -> None:
    change(expires_at=timezone.now() - timedelta(seconds=1))
    problem(used.post("/results/", BODY), 401)


def test_the_last_use_is_kept(used: Api) -> None:
    long_ago = timezone.now() - timedelta(minutes=5)
    change(last_used_at=long_ago)
    ok(used.post("/results/", BODY), 201)
    assert Token.objects.filter(last_used_at__gt=long_ago).exists()


def test_a_posting_asks_for_no_token_of_its_own(used: Api) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ok(used.post("/results/", BODY), 201)
    asked = [query for query in queries.captured_queries if "secret_hash" in query["sql"]]
    assert len(asked) == (0 if connection.vendor == "postgresql" else 1)
