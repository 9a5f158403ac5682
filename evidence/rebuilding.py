"""Proving that runs and spans are what the facts say, and repairing them where they aren't."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from assessments.models import System
from evidence import spans
from evidence.batch import store_runs
from evidence.locks import locked_by_id
from evidence.models import Result, Run, Span
from evidence.rules_of import Rules
from evidence.snapshot import RunKey
from rubric.evidence import ResultFact, RunTimes, fold, layers
from rubric.levels import Level


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A layer of one system that differs from what the layer before it says."""

    system: str
    layer: str
    subject: str
    detail: str


@transaction.atomic
def check_system(system_id: int, *, repair: bool) -> list[Disagreement]:
    """Replay results into runs and runs into spans, under the system's lock; with `repair` store what they say.

    A run that results no longer tell of (retention removed them) stands; one that they contradict does not.
    """
    system = locked_by_id(system_id)
    found = [*_check_runs(system, repair=repair)]
    found += _check_spans(system, repair=repair)
    return found


def _check_runs(system: System, *, repair: bool) -> Iterator[Disagreement]:
    rows = Result.objects.counted().filter(system=system)
    facts = rows.values_list("check_of__test", "run_id", "branch", "status", "observed_at").iterator(chunk_size=5000)
    expected = fold(ResultFact(*row) for row in facts)
    stored = _stored_runs(system)
    wrong: dict[RunKey, RunTimes] = {}
    for key, times in expected.items():
        known = stored.get(key)
        if known is None or known.merged(times) != known:
            wrong[key] = times if known is None else known.merged(times)
            yield Disagreement(system.slug, "runs", " ".join(key), f"stored {known}, results say {times}")
    if repair and wrong:
        store_runs(system, wrong)


def _stored_runs(system: System) -> dict[RunKey, RunTimes]:
    columns = ("test", "run_id", "branch", "first_observed_at", "first_executed_at", "first_passed_at")
    rows = Run.objects.filter(system=system).values_list(*columns).iterator(chunk_size=5000)
    return {
        (test, run_id, branch): RunTimes(observed, executed, passed)
        for test, run_id, branch, observed, executed, passed in rows
    }


def _check_spans(system: System, *, repair: bool) -> Iterator[Disagreement]:
    rules = Rules.of(system)
    tests = set(Run.objects.filter(system=system).values_list("test", flat=True).distinct())
    tests |= set(Span.objects.filter(system=system).values_list("test", flat=True).distinct())
    stored = Span.objects.filter(system=system, generation=system.generation)
    for test, times in sorted(spans.run_times(system, rules, tests).items()):
        expected = layers(times, rules.freshness(test))
        rows = stored.filter(test=test).order_by("starts_at").values_list("level", "starts_at", "ends_at")
        known: dict[Level, list[tuple[object, object]]] = {level: [] for level in expected}
        for level, starts_at, ends_at in rows:
            known[Level(level)].append((starts_at, ends_at))
        for level in expected:
            if known[level] != expected[level]:
                detail = f"stored {len(known[level])} spans, runs say {len(expected[level])}"
                yield Disagreement(system.slug, "spans", f"{test} {level.key}", detail)
        if repair and known != expected:
            spans.rebuild_tests(system, system.generation, rules, [test])
