"""Storing what a posting brings: checks, results, runs and spans, all in one statement where the database takes that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from accounts import statements
from accounts.statements import (
    SQLITE,
    VENDOR,
    Columns,
    Write,
    document,
    listed,
    listed_on_shelves,
    returned,
    shelved,
    to_sql,
)
from evidence.locks import HELD, Unread, hold, if_held
from evidence.posting import TEXTS, PostedResult
from evidence.snapshot import KnownCheck, RunKey
from rubric.evidence import RunTimes
from rubric.levels import Level

CHECKS = "stored_checks"


class Fresh(msgspec.Struct, frozen=True, gc=False):
    """A posted result that was not there before, its check, and when it was observed."""

    item: PostedResult
    check: KnownCheck
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """What to do to a system's spans: those that begin or end elsewhere, and the starts of those that are gone.

    Of stored spans whose keys are known `grown` says where they end.
    """

    changed: list[tuple[str, Level, datetime, datetime]]
    gone: list[tuple[str, Level, datetime]]
    grown: list[tuple[int, datetime]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Changes:
    """All that a posting writes of one system."""

    system_id: int
    version: str
    generation: int
    checks: Sequence[KnownCheck]
    results: Sequence[Fresh]
    runs: Mapping[RunKey, RunTimes]
    known_runs: Container[RunKey]
    """Those that are stored already, as something else."""
    spans: Difference
    states_until: datetime | None = None
    """Its kept states are no longer known to be true from here on; None: they are as before."""
    first_run_at: datetime | None = None


def store(
    changes: Sequence[Changes], *, token_id: int | None, received_at: datetime, unread: Unread | None = None
) -> str | None:
    """Store these systems' changes, of which only the spans may refer to anything that was stored before.

    None, and nothing is stored, where a single system has another version than its changes were made from, or where what
    is `unread` does not hold; else the version that a single system has on PostgreSQL now. Several systems must be locked.
    """
    writes = [
        *_checks(changes),
        *_results(changes, token_id, received_at),
        *_runs(((each.system_id, each.runs, each.known_runs) for each in changes), if_held(VENDOR)),
        *_spans(((each.system_id, each.generation, each.spans) for each in changes), if_held(VENDOR)),
    ]
    if not writes:
        return changes[0].version if len(changes) == 1 else ""
    held = [(each.system_id, each.version, *_moments(each.states_until, each.first_run_at)) for each in changes]
    return statements.store([*hold(VENDOR, held, unread), *writes], f"SELECT version FROM {HELD} LIMIT 1")


def _checks(changes: Sequence[Changes]) -> list[Write]:
    known: dict[tuple[Any, ...], list[int]] = {}
    fresh: list[Any] = []
    for each in changes:
        for check in each.checks:
            newest = check.newest_status, *_moments(check.newest_observed_at, check.newest_received_at)
            if check.id is None:
                fresh.append((each.system_id, check.name, check.test, *newest))
            else:
                known.setdefault(newest, []).append(check.id)
    renewed = document((*newest, _keys(ids)) for newest, ids in known.items())
    update = _update(VENDOR, "evidence_check", if_held(VENDOR), NEWEST)
    writes = [Write("known_checks", update, [renewed])] if known else []
    return [*writes, Write(CHECKS, _insert_checks(VENDOR), [document(fresh)])] if fresh else writes


NEWEST = (("newest_status", "text"), ("newest_observed_at", "timestamptz"), ("newest_received_at", "timestamptz"))


def _keys(ids: Sequence[int]) -> str:
    """Keys as the text of an array."""
    listing = ",".join(map(str, ids))
    return f"[{listing}]" if SQLITE else f"{{{listing}}}"


@lru_cache
def _update(vendor: str, table: str, condition: str, columns: Columns) -> str:
    """Of the rows that are to say the same in these columns, given by their keys, all at once."""
    rows = listed(vendor, "l", **dict(columns), ids="bigint[]")
    among = "= ANY(l.ids)" if vendor == "postgresql" else "IN (SELECT value FROM json_each(l.ids))"
    changes = ", ".join(f"{name} = l.{name}" for name, _ in columns)
    return f"UPDATE {table} SET {changes} FROM {rows} WHERE {table}.id {among} AND {condition}"


@lru_cache
def _insert_checks(vendor: str) -> str:
    columns = {"system_id": "bigint", "name": "text", "test": "text", **dict(NEWEST)}
    return (
        f"INSERT INTO evidence_check ({', '.join(columns)}) SELECT {', '.join(f'l.{name}' for name in columns)}"
        f" FROM {listed(vendor, 'l', **columns)} WHERE {if_held(vendor)} RETURNING id, system_id, name"
    )


def _results(changes: Sequence[Changes], token_id: int | None, received_at: datetime) -> list[Write]:
    some_new = any(fresh.check.id is None for each in changes for fresh in each.results)
    rows = [
        (
            (each.system_id, fresh.item.run_id, to_sql(fresh.observed_at), *_shared_texts(fresh.item)),
            (fresh.check.id, fresh.item.status, fresh.item.metrics, *((fresh.check.name,) if some_new else ())),
        )
        for each in changes
        for fresh in each.results
    ]
    parameters = [to_sql(received_at), token_id, shelved(rows)]
    return [Write("stored_results", _insert_results(VENDOR, some_new), parameters)] if rows else []


SHARED_TEXTS = tuple(name for name in TEXTS if name != "status")
_shared_texts = attrgetter(*SHARED_TEXTS)
OF_RUN = (
    *(("system", "bigint"), ("run_id", "text"), ("observed_at", "timestamptz")),
    *((name, "text") for name in SHARED_TEXTS),
)
OF_CHECK = (("check_id", "bigint"), ("status", "text"), ("metrics", "jsonb"))


@lru_cache
def _insert_results(vendor: str, some_new: bool) -> str:
    """With `some_new`, checks that were not known when the rows were made are found by their names."""
    texts = ", ".join(f'"{name}"' for name in TEXTS)
    rows = listed_on_shelves(vendor, "l", OF_RUN, (*OF_CHECK, ("name", "text")) if some_new else OF_CHECK)
    checks = returned(vendor, CHECKS, "evidence_check")
    stored = f"SELECT c.id FROM {checks} c WHERE c.system_id = l.system AND c.name = l.name"
    check = f"coalesce(l.check_id, ({stored}))" if some_new else "l.check_id"
    return (
        f"INSERT INTO evidence_result (system_id, check_id, run_id, observed_at, {texts}, metrics, received_at, token_id,"
        f" voided_by, void_reason) SELECT l.system, {check}, l.run_id, l.observed_at, {texts}, l.metrics,"
        f" %s{_cast(vendor, 'timestamptz')}, %s{_cast(vendor, 'bigint')}, '', '' FROM {rows}"
        f" WHERE {if_held(vendor)}"
    )


def of_several_branches(runs: Iterable[RunKey]) -> set[tuple[str, str]]:
    """The (test, run_id) of those runs that have rows of more than one branch among these."""
    keys = list(runs)
    if len({branch for _, _, branch in keys}) < 2:
        return set()
    return {run for run, rows in Counter(key[:2] for key in keys).items() if rows > 1}


def with_siblings(changed: Iterable[RunKey], runs: Mapping[RunKey, RunTimes]) -> dict[RunKey, RunTimes]:
    """Of all rows of some runs the changed ones, with the other branches' rows of the same runs."""
    wanted = {key[:2] for key in changed}
    return {key: times for key, times in runs.items() if key[:2] in wanted}


def store_runs(runs: Iterable[tuple[int, Mapping[RunKey, RunTimes]]]) -> None:
    """Write these runs, by the key of their system, as they are.

    With a row of a run that has rows of several branches all of them must be given: see `with_siblings`.
    """
    statements.store(_runs((system_id, of_system, of_system) for system_id, of_system in runs))


def _runs(
    runs: Iterable[tuple[int, Mapping[RunKey, RunTimes], Container[RunKey]]], condition: str = "true"
) -> list[Write]:
    """With each system's runs come those of them that may be stored already; the others are not."""
    fresh: list[Any] = []
    others: list[Any] = []
    for system_id, of_system, known in runs:
        several = of_several_branches(of_system)
        for key, times in of_system.items():
            test, run_id, branch = key
            row = (system_id, run_id, branch, *_moments(*times), (test, run_id) in several), (test,)
            (others if key in known else fresh).append(row)
    named = (("stored_runs", fresh, False), ("changed_runs", others, True))
    return [Write(name, _insert_runs(VENDOR, condition, may), [shelved(rows)]) for name, rows, may in named if rows]


RUN = (
    *(("system", "bigint"), ("run_id", "text"), ("branch", "text"), ("observed", "timestamptz")),
    *(("executed", "timestamptz"), ("passed", "timestamptz"), ("several", "boolean")),
)


@lru_cache
def _insert_runs(vendor: str, condition: str, may_be_there: bool) -> str:
    rows = listed_on_shelves(vendor, "l", RUN, (("test", "text"),))
    return (
        "INSERT INTO evidence_run"
        " (system_id, test, run_id, branch, first_observed_at, first_executed_at, first_passed_at, several_branches)"
        f" SELECT l.system, l.test, l.run_id, l.branch, l.observed, l.executed, l.passed, l.several FROM {rows}"
        f" WHERE {condition}{_OVER if may_be_there else ''}"
    )


_OVER = (
    " ON CONFLICT (system_id, run_id, test, branch) DO UPDATE SET first_observed_at = EXCLUDED.first_observed_at,"
    " first_executed_at = EXCLUDED.first_executed_at, first_passed_at = EXCLUDED.first_passed_at,"
    " several_branches = EXCLUDED.several_branches"
)


def store_spans(spans: Iterable[tuple[int, int, Difference]]) -> None:
    """Bring stored spans in line, by the key of their system and the generation they belong to."""
    statements.store(_spans(spans))


def _spans(spans: Iterable[tuple[int, int, Difference]], condition: str = "true") -> list[Write]:
    changed: list[Any] = []
    gone: list[Any] = []
    grown: dict[datetime, list[int]] = {}
    for system_id, generation, of_system in spans:
        changed += [
            ((system_id, generation, level, to_sql(end)), (test, to_sql(start)))
            for test, level, start, end in of_system.changed
        ]
        gone += [(system_id, generation, test, level, to_sql(start)) for test, level, start in of_system.gone]
        for key, end in of_system.grown:
            grown.setdefault(end, []).append(key)
    # What ends together is shelved together.
    changed.sort()
    writes = []
    if gone:
        writes.append(Write("gone_spans", _delete_spans(VENDOR, condition), [document(gone)]))
    if grown:
        ends = document((to_sql(end), _keys(ids)) for end, ids in grown.items())
        writes.append(Write("grown_spans", _update(VENDOR, "evidence_span", condition, END), [ends]))
    if changed:
        writes.append(Write("stored_spans", _upsert_spans(VENDOR, condition), [shelved(changed)]))
    return writes


END = (("ends_at", "timestamptz"),)
SPAN = {"system": "bigint", "generation": "bigint", "test": "text", "level": "smallint", "starts_at": "timestamptz"}


@lru_cache
def _delete_spans(vendor: str, condition: str) -> str:
    rows = listed(vendor, "l", **SPAN)
    return (
        f"DELETE FROM evidence_span WHERE {condition} AND (system_id, generation, test, level, starts_at) IN"
        f" (SELECT l.system, l.generation, l.test, l.level, l.starts_at FROM {rows})"
    )


@lru_cache
def _upsert_spans(vendor: str, condition: str) -> str:
    shared = (("system", "bigint"), ("generation", "bigint"), ("level", "smallint"), ("ends_at", "timestamptz"))
    rows = listed_on_shelves(vendor, "l", shared, (("test", "text"), ("starts_at", "timestamptz")))
    return (
        "INSERT INTO evidence_span (system_id, generation, test, level, starts_at, ends_at)"
        f" SELECT l.system, l.generation, l.test, l.level, l.starts_at, l.ends_at FROM {rows} WHERE {condition}"
        " ON CONFLICT (system_id, generation, test, level, starts_at) DO UPDATE SET ends_at = EXCLUDED.ends_at"
    )


def _moments(*instants: datetime | None) -> tuple[Any, ...]:
    return tuple([at and to_sql(at) for at in instants]) if SQLITE else instants


def _cast(vendor: str, kind: str) -> str:
    return f"::{kind}" if vendor == "postgresql" else ""
