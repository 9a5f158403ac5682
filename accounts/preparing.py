"""How the statements of `accounts.statements` get to PostgreSQL, which binds and prepares them; importing it takes psycopg.

psycopg's cursors do the same, but take longer around most of these statements than the server takes for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import count
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Connection, Cursor, OperationalError, adapters
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

Row = tuple[Any, ...]
# Where a connection of Django's keeps what it prepared, beside its other attributes.
PLACE = "prepared_statements"
MOST_PREPARED = 100
ANSWERS = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Prepared:
    """The statements that the server has prepared for one connection.

    Nothing else prepares any on it: psycopg would take these with its own.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        self._names: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        # Instants are read by psycopg's compiled loader: Django's own would cost more than the statements.
        context = Cursor(connection)
        kind = adapters.types["timestamptz"].oid
        loader = adapters.get_loader(kind, context.format)
        if loader is not None:
            context.adapters.register_loader(kind, loader)
        self._transformer = Transformer(context)

    def rows(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        """What a statement with Django's placeholders answers. Raises psycopg's errors."""
        connection, transformer = self.connection, self._transformer
        with connection.lock:
            if not connection.autocommit:
                connection.wait(connection._start_query())
            values = transformer.dump_sequence(parameters, [PyFormat.AUTO] * len(parameters))
            name = self._name(_numbered(sql), transformer.types or ())
            result = connection.pgconn.exec_prepared(name, values, transformer.formats)  # type: ignore[arg-type]  # None is NULL
            self._check(result)
            transformer.set_pgresult(result)
            return transformer.load_rows(0, result.ntuples, tuple)

    def _name(self, statement: bytes, types: tuple[int, ...]) -> bytes:
        """The name of a statement for parameters of these types, prepared by then."""
        known = self._names.get((statement, types))
        if known is not None:
            return known
        if len(self._names) >= MOST_PREPARED:
            self._check(self.connection.pgconn.exec_(b"DEALLOCATE ALL"))
            self._names.clear()
        name = b"mlscore_%d" % len(self._names)
        self._check(self.connection.pgconn.prepare(name, statement, types))
        self._names[statement, types] = name
        return name

    def _check(self, result: PGresult) -> None:
        if result.status in ANSWERS:
            return
        if self.connection.pgconn.status == ConnStatus.BAD:
            raise OperationalError(result.get_error_message())
        raise error_from_result(result)


def rows_on(connection: BaseDatabaseWrapper, sql: str, parameters: Sequence[Any]) -> list[Row]:
    """What a statement answers on a connection, with all that Django's cursors see to. Raises Django's errors."""
    execute = partial(_rows, connection)
    for wrapper in reversed(connection.execute_wrappers):
        execute = partial(wrapper, execute)
    return execute(sql, parameters, False, {"connection": connection})


def _rows(connection: BaseDatabaseWrapper, sql: str, parameters: Sequence[Any], *_: object) -> list[Row]:
    connection.close_if_health_check_failed()
    if connection.connection is None:
        connection.ensure_connection()
    connection.validate_thread_sharing()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return _prepared_on(connection).rows(sql, parameters)


def _prepared_on(connection: BaseDatabaseWrapper) -> Prepared:
    prepared: Prepared | None = getattr(connection, PLACE, None)
    if prepared is None or prepared.connection is not connection.connection:
        prepared = Prepared(connection.connection)
        setattr(connection, PLACE, prepared)
    return prepared


@lru_cache(maxsize=256)
def _numbered(sql: str) -> bytes:
    """The statement with PostgreSQL's own placeholders."""
    first, *rest = sql.split("%s")
    return (first + "".join(f"${number}{part}" for number, part in zip(count(1), rest, strict=False))).encode()
