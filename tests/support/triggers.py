"""Lets Django empty the tables after a transactional test, although triggers forbid deleting facts."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test import TransactionTestCase

empty_tables = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


@contextmanager
def without_triggers() -> Iterator[None]:
    """SQLite's triggers are gone inside, and back afterwards. PostgreSQL's row triggers don't fire on TRUNCATE."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = dict(cursor.fetchall())
        for name in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for definition in triggers.values():
                cursor.execute(definition)


def install() -> None:
    """Have every transactional test emptied that way."""

    def fixture_teardown(self: TransactionTestCase) -> None:
        with without_triggers():
            empty_tables(self)

    TransactionTestCase._fixture_teardown = fixture_teardown  # type: ignore[attr-defined]
