"""A posting that is told to a webhook, from HTTP to HTTP: the server, its worker as in production, and a receiver."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Iterator

import pytest
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Role, Scope
from accounts.tokens import create_token
from notify import webhooks
from notify.models import Message
from tests.factories import make_member, make_organisation, make_system
from tests.notify.receiver import Receiver, listening
from tests.support.live import Live, start_live

SOON = 60
"""Seconds within which it has come, on a machine where a worker takes long to start."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as found:
        yield found


@pytest.fixture
def live() -> Iterator[Live]:
    started = start_live(WEBHOOKS_ALLOW_PRIVATE="1")
    try:
        yield started
    finally:
        started.stop()


def test_a_worker_tells_a_webhook_of_a_check_that_fails(
    live: Live, receiver: Receiver, django_db_blocker: pytest.FixtureRequest
) -> None:
    with django_db_blocker.unblock(), live.orm():  # type: ignore[attr-defined]
        now = timezone.now()
        organisation = make_organisation()
        actor = Actor.of(make_member(organisation, Role.OWNER))
        make_system(organisation, now, slug="fraud")
        kinds = ["check.failing"]
        webhooks.create_webhook(actor=actor, name="CI", url=receiver.url, shape="standard", kinds=kinds, at=now)
        scopes = [Scope.RESULTS_WRITE]
        _, secret = create_token(actor=actor, name="ci", scopes=scopes, system_id=None, expires_at=None, at=now)
    if os.environ.get("REDIS_URL"):
        live.start_celery()
    else:
        live.start("manage.py", "work")
    result = {"system": "fraud", "test": "data-1", "check": "nightly", "run_id": "1", "status": "failed"}
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{live.url}/api/v1/results/", json.dumps(result).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 201
    ends = time.monotonic() + SOON
    while not receiver.requests and time.monotonic() < ends:
        time.sleep(0.05)
    assert receiver.requests, live.log
    _, headers, body = receiver.requests[0]
    assert json.loads(body)["data"]["checks"] == ["nightly"]
    with django_db_blocker.unblock(), live.orm():  # type: ignore[attr-defined]
        while Message.objects.filter(state="waiting").exists() and time.monotonic() < ends:
            time.sleep(0.05)
        sent = Message.objects.get(webhook__isnull=False)
        assert (sent.state, sent.attempts, headers["webhook-id"]) == ("done", 1, f"msg_{sent.public_id.hex}")
