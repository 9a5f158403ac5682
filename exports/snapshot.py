"""Reading a whole export as of one instant, without keeping anybody from writing meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from accounts.statements import SQLITE


@contextmanager
def one_instant() -> Iterator[None]:
    """Inside, all reads see the database as it was at the first of them; nothing can be written.

    PostgreSQL reads in a transaction that is repeatable and read-only. On SQLite Django's transactions take the one write
    lock when they begin; this one is deferred, so that writers go on beside it. Inside somebody's transaction that serves.
    """
    if connection.in_atomic_block:
        yield
    elif SQLITE:
        yield from _deferred()
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


def _deferred() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
