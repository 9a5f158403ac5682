"""Years of results in seconds: the rows that hourly postings would have left, written by the database itself (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models

from assessments.models import System
from evidence.models import Check, Result, Run, Span
from evidence.rules_of import Rules
from rubric.evidence import layers
from rubric.loader import builtin

EVERY = timedelta(hours=1)


def fill(
    system: System, results: int, until: datetime, *, tests: Sequence[str] | None = None, every: timedelta = EVERY
) -> int:
    """Give a system without results about so many: `every` so often up to `until` (aware) one for each of these tests.

    Without `tests` for all of its rubric.

    Runs, spans and checks are what posting them would have left. Answers how many results there are. A longer history is
    no denser, so what lies in a window is the same for any number of results that fills one.
    """
    tests = list(builtin()[system.rubric].tests) if tests is None else tests
    rounds = max(results // len(tests), 1)
    times = [until - (rounds - number) * every for number in range(1, rounds + 1)]
    newest = {"newest_status": "passed", "newest_observed_at": times[-1], "newest_received_at": times[-1]}
    Check.objects.bulk_create([Check(system=system, name=test, test=test, **newest) for test in tests])
    hour = "%s::timestamptz - (%s - number) * %s::interval"
    given = {
        "system_id": "checks.system_id",
        "run_id": "'run ' || number",
        "observed_at": hour,
        "received_at": hour,
    }
    source = "FROM generate_series(1, %s) AS number CROSS JOIN evidence_check checks WHERE checks.system_id = %s"
    in_order = "ORDER BY number, checks.id"
    instant = [until, rounds, every]
    result = given | {"check_id": "checks.id", "status": "'passed'", "metrics": "'{\"rows\": 120000}'::jsonb"}
    _insert(Result, result, f"{source} {in_order}", [*instant, *instant, rounds, system.pk])
    run = {
        "system_id": given["system_id"],
        "run_id": given["run_id"],
        "test": "checks.test",
        "several_branches": "false",
    }
    run |= {"first_observed_at": hour, "first_executed_at": hour, "first_passed_at": hour}
    _insert(Run, run, f"{source} {in_order}", [*instant, *instant, *instant, rounds, system.pk])
    System.objects.filter(pk=system.pk).update(first_run_at=times[0])
    Span.objects.bulk_create(
        Span(
            system=system,
            generation=system.generation,
            test=test,
            level=level.value,
            starts_at=start,
            ends_at=end,
        )
        for test in tests
        for level, intervals in layers(times, Rules.of(system).freshness(test)).items()
        for start, end in intervals
    )
    return rounds * len(tests)


def _insert(model: type[models.Model], given: Mapping[str, str], source: str, values: list[Any]) -> None:
    """INSERT ... SELECT of the given columns; the others are empty texts or null. Values in the order of the columns."""
    others = {
        str(field.column): "NULL" if field.null else "''"
        for field in model._meta.concrete_fields
        if not field.primary_key and field.column not in given
    }
    names = ", ".join(f'"{column}"' for column in [*given, *others])
    cells = ", ".join([*given.values(), *others.values()])
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) SELECT {cells} {source}", values)


def analyse() -> None:
    """Let the planner know what there is, and let index-only scans trust the visibility map."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
