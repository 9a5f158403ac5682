"""Kept connections to PostgreSQL: one that serves is used without a question, one that the server ended is replaced."""

from typing import Any

import psycopg
import pytest
from django.db import DataError, OperationalError, ProgrammingError, connection, transaction
from django.db.backends.postgresql.base import DatabaseWrapper

from accounts.preparing import MOST_PREPARED
from accounts.statements import fetch

pytestmark = pytest.mark.django_db(transaction=True)


def as_a_request_begins(kept: Any, *, checked: bool = True) -> None:
    kept.health_check_enabled, kept.health_check_done = True, False
    if checked:
        kept.close_if_health_check_failed()


def end(backend: int) -> None:
    """Have the server end a connection."""
    with psycopg.connect(connection.connection.info.dsn, password=connection.settings_dict["PASSWORD"]) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])


def test_a_connection_that_serves_is_kept_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()
    before = connection.connection
    monkeypatch.setattr(DatabaseWrapper, "is_usable", lambda self: pytest.fail("the server was asked"))
    as_a_request_begins(connection)
    assert connection.connection is before


def test_a_connection_that_the_server_ended_is_replaced() -> None:
    connection.ensure_connection()
    ended = connection.connection.info.backend_pid
    end(ended)
    as_a_request_begins(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert connection.connection.info.backend_pid != ended


def test_statements_find_out_that_the_server_ended_a_connection() -> None:
    fetch("SELECT 1")
    ended = connection.connection.info.backend_pid
    end(ended)
    as_a_request_begins(connection, checked=False)
    assert fetch("SELECT pg_backend_pid()") != [(ended,)]


def test_a_connection_that_ends_under_a_statement_is_an_operational_error() -> None:
    fetch("SELECT 1")
    end(connection.connection.info.backend_pid)
    with pytest.raises(OperationalError):
        fetch("SELECT 1")
    assert not connection.is_usable()
    connection.close()


def test_a_statement_at_fault_is_djangos_error_and_leaves_the_connection_in_order() -> None:
    with pytest.raises(DataError):
        fetch("SELECT %s / 0", [1])
    with pytest.raises(ProgrammingError):
        fetch("SELECT nothing")
    assert fetch("SELECT %s + 1", [1]) == [(2,)]


def test_statements_are_part_of_the_transaction_that_they_are_in() -> None:
    with pytest.raises(Undone), transaction.atomic():
        fetch("CREATE TABLE undone (id int)")
        raise Undone
    assert fetch("SELECT to_regclass('undone') IS NULL") == [(True,)]


def test_a_broken_transaction_takes_no_statement() -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            fetch("SELECT 1")


def test_statements_stay_prepared_when_others_are_rolled_back_and_are_no_more_than_so_many() -> None:
    def prepared() -> int:
        return int(fetch("SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql")[0][0])

    before = prepared()
    with transaction.atomic():
        fetch("SELECT 'kept'")
        transaction.set_rollback(True)
    assert prepared() == before + 1
    for number in range(2 * MOST_PREPARED):
        assert fetch(f"SELECT %s, {number}", ["x"]) == [("x", number)]
    assert prepared() <= MOST_PREPARED


class Undone(Exception):
    pass
