"""Storing what a posting brings: checks, results, runs and spans, each kind in one statement, all sent together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from json import dumps
from typing import Any

from django.db import connection

from accounts.statements import document, execute, listed, pipeline, to_sql
from evidence.posting import TEXTS, PostedResult
from evidence.snapshot import KnownCheck, RunKey
from rubric.evidence import RunTimes
from rubric.levels import Level


@dataclass(frozen=True, slots=True)
class Fresh:
    """A posted result that was not there before, its check, and when it was observed."""

    item: PostedResult
    check: KnownCheck
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """What to do to a system's spans: those that begin or end elsewhere, and the starts of those that are gone."""

    changed: list[tuple[str, Level, datetime, datetime]]
    gone: list[tuple[str, Level, datetime]]


@dataclass(frozen=True, slots=True)
class Changes:
    """All that a posting writes of one system."""

    system_id: int
    generation: int
    checks: Sequence[KnownCheck]
    results: Sequence[Fresh]
    runs: Mapping[RunKey, RunTimes]
    spans: Difference


def store(changes: Sequence[Changes], *, token_id: int | None, received_at: datetime) -> None:
    """Store these systems' changes, of which only the spans may refer to anything that was stored before."""
    with pipeline():
        _store_checks(changes)
        _store_results(changes, token_id, received_at)
        store_runs((each.system_id, each.runs) for each in changes)
        store_spans((each.system_id, each.generation, each.spans) for each in changes)


def _store_checks(changes: Sequence[Changes]) -> None:
    rows = [
        (
            each.system_id,
            check.name,
            check.test,
            check.newest_status,
            _moment(check.newest_observed_at),
            _moment(check.newest_received_at),
        )
        for each in changes
        for check in each.checks
    ]
    if rows:
        execute(_upsert_checks(connection.vendor), [document(rows)])


@lru_cache
def _upsert_checks(vendor: str) -> str:
    rows = listed(
        vendor,
        "l",
        system="bigint",
        name="text",
        test="text",
        status="text",
        observed_at="timestamptz",
        received_at="timestamptz",
    )
    return (
        "INSERT INTO evidence_check (system_id, name, test, newest_status, newest_observed_at, newest_received_at)"
        f" SELECT l.system, l.name, l.test, l.status, l.observed_at, l.received_at FROM {rows} WHERE true"
        " ON CONFLICT (system_id, name) DO UPDATE SET newest_status = EXCLUDED.newest_status,"
        " newest_observed_at = EXCLUDED.newest_observed_at, newest_received_at = EXCLUDED.newest_received_at"
    )


def _store_results(changes: Sequence[Changes], token_id: int | None, received_at: datetime) -> None:
    rows = [
        (
            each.system_id,
            fresh.check.id,
            fresh.check.name,
            fresh.item.run_id,
            to_sql(fresh.observed_at),
            *[getattr(fresh.item, name) for name in TEXTS],
            dumps(fresh.item.metrics) if fresh.item.metrics else "{}",
        )
        for each in changes
        for fresh in each.results
    ]
    if rows:
        execute(_insert_results(connection.vendor), [to_sql(received_at), token_id, document(rows)])


@lru_cache
def _insert_results(vendor: str) -> str:
    """A check that was not known when the row was made is found by its name."""
    texts = ", ".join(f'"{name}"' for name in TEXTS)
    rows = listed(
        vendor,
        "l",
        system="bigint",
        check_id="bigint",
        name="text",
        run_id="text",
        observed_at="timestamptz",
        **dict.fromkeys(TEXTS, "text"),
        metrics="jsonb",
    )
    check = "coalesce(l.check_id, (SELECT c.id FROM evidence_check c WHERE c.system_id = l.system AND c.name = l.name))"
    return (
        f"INSERT INTO evidence_result (system_id, check_id, run_id, observed_at, {texts}, metrics, received_at, token_id,"
        f" voided_by, void_reason) SELECT l.system, {check}, l.run_id, l.observed_at, {texts}, l.metrics,"
        f" %s{_cast(vendor, 'timestamptz')}, %s{_cast(vendor, 'bigint')}, '', '' FROM {rows}"
    )


def of_several_branches(runs: Iterable[RunKey]) -> set[tuple[str, str]]:
    """The (test, run_id) of those runs that have rows of more than one branch among these."""
    return {run for run, rows in Counter(key[:2] for key in runs).items() if rows > 1}


def with_siblings(changed: Iterable[RunKey], runs: Mapping[RunKey, RunTimes]) -> dict[RunKey, RunTimes]:
    """Of all rows of some runs the changed ones, with the other branches' rows of the same runs."""
    wanted = {key[:2] for key in changed}
    return {key: times for key, times in runs.items() if key[:2] in wanted}


def store_runs(runs: Iterable[tuple[int, Mapping[RunKey, RunTimes]]]) -> None:
    """Write these runs, by the key of their system, as they are.

    With a row of a run that has rows of several branches all of them must be given: see `with_siblings`.
    """
    rows = []
    for system_id, of_system in runs:
        several = of_several_branches(of_system)
        rows += [
            (
                system_id,
                *key,
                to_sql(times.observed),
                _moment(times.executed),
                _moment(times.passed),
                key[:2] in several,
            )
            for key, times in of_system.items()
        ]
    if rows:
        execute(_upsert_runs(connection.vendor), [document(rows)])


@lru_cache
def _upsert_runs(vendor: str) -> str:
    rows = listed(
        vendor,
        "l",
        system="bigint",
        test="text",
        run_id="text",
        branch="text",
        observed="timestamptz",
        executed="timestamptz",
        passed="timestamptz",
        several="boolean",
    )
    return (
        "INSERT INTO evidence_run"
        " (system_id, test, run_id, branch, first_observed_at, first_executed_at, first_passed_at, several_branches)"
        f" SELECT l.system, l.test, l.run_id, l.branch, l.observed, l.executed, l.passed, l.several FROM {rows} WHERE true"
        " ON CONFLICT (system_id, test, run_id, branch) DO UPDATE SET first_observed_at = EXCLUDED.first_observed_at,"
        " first_executed_at = EXCLUDED.first_executed_at, first_passed_at = EXCLUDED.first_passed_at,"
        " several_branches = EXCLUDED.several_branches"
    )


def store_spans(spans: Iterable[tuple[int, int, Difference]]) -> None:
    """Bring stored spans in line, by the key of their system and the generation they belong to."""
    changed: list[Any] = []
    gone: list[Any] = []
    for system_id, generation, of_system in spans:
        changed += [
            (system_id, generation, test, level, to_sql(start), to_sql(end))
            for test, level, start, end in of_system.changed
        ]
        gone += [(system_id, generation, test, level, to_sql(start)) for test, level, start in of_system.gone]
    if gone:
        execute(_delete_spans(connection.vendor), [document(gone)])
    if changed:
        execute(_upsert_spans(connection.vendor), [document(changed)])


SPAN = {"system": "bigint", "generation": "bigint", "test": "text", "level": "smallint", "starts_at": "timestamptz"}


@lru_cache
def _delete_spans(vendor: str) -> str:
    rows = listed(vendor, "l", **SPAN)
    return (
        "DELETE FROM evidence_span WHERE (system_id, generation, test, level, starts_at) IN"
        f" (SELECT l.system, l.generation, l.test, l.level, l.starts_at FROM {rows})"
    )


@lru_cache
def _upsert_spans(vendor: str) -> str:
    rows = listed(vendor, "l", **SPAN, ends_at="timestamptz")
    return (
        "INSERT INTO evidence_span (system_id, generation, test, level, starts_at, ends_at)"
        f" SELECT l.system, l.generation, l.test, l.level, l.starts_at, l.ends_at FROM {rows} WHERE true"
        " ON CONFLICT (system_id, generation, test, level, starts_at) DO UPDATE SET ends_at = EXCLUDED.ends_at"
    )


def _moment(at: datetime | None) -> Any:
    return None if at is None else to_sql(at)


def _cast(vendor: str, kind: str) -> str:
    return f"::{kind}" if vendor == "postgresql" else ""
