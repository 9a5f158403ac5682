"""Kept connections to PostgreSQL: one that serves is used without a question, one that the server ended is replaced."""

from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)


def as_a_request_begins(kept: Any) -> None:
    kept.health_check_enabled, kept.health_check_done = True, False
    kept.close_if_health_check_failed()


def test_a_connection_that_serves_is_kept_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()
    before = connection.connection
    monkeypatch.setattr(DatabaseWrapper, "is_usable", lambda self: pytest.fail("the server was asked"))
    as_a_request_begins(connection)
    assert connection.connection is before


def test_a_connection_that_the_server_ended_is_replaced() -> None:
    connection.ensure_connection()
    ended = connection.connection.info.backend_pid
    with psycopg.connect(connection.connection.info.dsn, password=connection.settings_dict["PASSWORD"]) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
    as_a_request_begins(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert connection.connection.info.backend_pid != ended
