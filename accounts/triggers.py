"""Immutability in the database itself, on SQLite and PostgreSQL alike: what is final can't be changed by any code path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.migrations.state import StateApps


@dataclass(frozen=True, slots=True)
class Guard:
    """A trigger that refuses `event` (INSERT, UPDATE or DELETE) on a table's rows where `when` holds.

    `when` is SQL over OLD and NEW that both databases understand.
    """

    name: str
    table: str
    event: str
    when: str
    message: str


def guards(items: Sequence[Guard]) -> RunPython:
    """A migration operation that creates these triggers, and drops them when it is undone."""

    def create(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        for guard in items:
            for statement in _create(guard, editor.connection.vendor):
                editor.execute(statement)

    def drop(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        for guard in items:
            for statement in _drop(guard, editor.connection.vendor):
                editor.execute(statement)

    return RunPython(create, drop)


def _create(guard: Guard, vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW WHEN {guard.when} "
            f"BEGIN SELECT RAISE(ABORT, '{guard.message}'); END"
        ]
    answer = "OLD" if guard.event == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {guard.when} THEN RAISE EXCEPTION '{guard.message}' USING ERRCODE = 'integrity_constraint_violation'; "
        f"END IF; RETURN {answer}; END $$",
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW "
        f"EXECUTE FUNCTION {guard.name}()",
    ]


def _drop(guard: Guard, vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [f"DROP TRIGGER {guard.name}"]
    return [f"DROP TRIGGER {guard.name} ON {guard.table}", f"DROP FUNCTION {guard.name}()"]


def differs(*columns: str) -> str:
    """SQL that holds when any of these columns changes."""
    return "(" + " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in columns) + ")"
