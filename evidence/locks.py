"""Who writes a system's evidence, or the rules it is read by, locks the system's row and leaves it in another version.

So whoever read all of it in one statement, without a lock, can tell by that version whether it still holds: a posting writes
on that condition (`evidence.recording`). Versions are PostgreSQL's own; on SQLite every writer has the database to itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import F, QuerySet

from accounts.actors import Actor
from accounts.statements import SQLITE, Write, document, fetch, listed, one
from assessments.models import System

HELD = "held"


def lock(actor: Actor, slugs: Collection[str]) -> None:
    """Lock those of these systems that the actor sees, in slug order. Call it inside a transaction."""
    if not SQLITE:
        fetch(_lock_statement(), [actor.organisation.pk, document([slug] for slug in slugs)])


@lru_cache
def _lock_statement() -> str:
    wanted = listed("postgresql", "wanted", slug="text")
    return (
        "SELECT FROM assessments_system s WHERE s.organisation_id = %s"
        f" AND s.slug IN (SELECT slug FROM {wanted}) ORDER BY s.slug FOR UPDATE OF s"
    )


@dataclass(frozen=True, slots=True)
class Unread:
    """What a posting that read nothing goes by, besides its system's version: nothing is known of these runs, and a recalled
    token has the version it bears ('': it was read).
    """

    run_ids: list[str]
    token_id: int = 0
    token_version: str = ""


def hold(vendor: str, systems: Iterable[tuple[int, str, Any, Any]], unread: Unread | None = None) -> list[Write]:
    """What gives systems, by their keys, another version, provided that they have these ones; for `if_held`.

    With each it takes two instants (as `to_sql` gives them) or None, since a statement writes a row but once: from which on
    its kept states are no longer known to be true, and when the earliest of the runs that are stored was observed. Several
    systems must be locked before; only then is their order safe. What is `unread` is provided too, of a single system on
    PostgreSQL.
    """
    rows = list(systems)
    if vendor == "postgresql":
        alone = len(rows) == 1
        values = [*rows[0]] if alone else [document(rows)]
        if unread is not None:
            values += [rows[0][0], _texts(unread.run_ids)] * 2
            values += [unread.token_id, unread.token_version] if unread.token_version else []
        return [Write(HELD, _hold_statement(alone, unread is not None, bool(unread and unread.token_version)), values)]
    marked = [(key, until, first) for key, _, until, first in rows if (until, first) != (None, None)]
    return [Write(HELD, _mark_statement(), [document(marked)])] if marked else []


def _texts(values: Iterable[str]) -> str:
    """Texts as the text of an array, which is made sooner than an array that psycopg would have to understand."""
    escaped = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    inside = '","'.join(escaped)
    return f'{{"{inside}"}}'


_INSTANTS = {"until": "timestamptz", "first": "timestamptz"}


@lru_cache
def _hold_statement(alone: bool, unread: bool, recalled: bool) -> str:
    rows = (one if alone else listed)("postgresql", "l", system="bigint", version="xid", **_INSTANTS)
    conditions = "".join(f" AND {_NOTHING.format(table)}" for table in _OF_RUNS) if unread else ""
    if recalled:
        conditions += f" AND {SAME_TOKEN}"
    return (
        "UPDATE assessments_system s SET states_until ="
        " CASE WHEN l.until < s.states_until THEN l.until ELSE s.states_until END,"
        f" first_run_at = least(s.first_run_at, l.first) FROM {rows}"
        f" WHERE s.id = l.system AND s.xmin = l.version{conditions} RETURNING s.xmin::text AS version"
    )


# EXISTS would leave PostgreSQL the choice to read all runs that there are.
_NOTHING = "(SELECT 1 FROM {} r WHERE r.system_id = %s AND r.run_id = ANY(%s::text[]) LIMIT 1) IS NULL"
_OF_RUNS = ("evidence_run", "evidence_result")
# Of a recalled token its key and version.
SAME_TOKEN = "EXISTS (SELECT FROM accounts_token t WHERE t.id = %s AND t.xmin = %s::xid)"  # noqa: S105 - SQL


@lru_cache
def _mark_statement() -> str:
    rows = listed("sqlite", "l", system="bigint", **_INSTANTS)
    falls = "states_until > l.until"
    precedes = "(first_run_at > l.first OR first_run_at IS NULL AND l.first IS NOT NULL)"
    return (
        f"UPDATE assessments_system SET states_until = CASE WHEN {falls} THEN l.until ELSE states_until END,"
        f" first_run_at = CASE WHEN {precedes} THEN l.first ELSE first_run_at END FROM {rows}"
        f" WHERE assessments_system.id = l.system AND ({falls} OR {precedes})"
    )


def if_held(vendor: str) -> str:
    """The condition under which a part of the same statement writes: that `hold` found the versions it was given."""
    return f"EXISTS (SELECT FROM {HELD})" if vendor == "postgresql" else "true"


def renew(systems: QuerySet[System]) -> None:
    """Give systems another version, since something of them changes in this transaction. Several must be locked before."""
    systems.order_by().update(generation=F("generation"))


def locked_by_id(system_id: int) -> System:
    """The system, locked and renewed, with its organisation as it is under the lock. Call it inside a transaction."""
    renew(System.objects.filter(pk=system_id))
    return System.objects.select_related("organisation").get(pk=system_id)
