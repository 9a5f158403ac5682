"""Proving that runs and spans are what the facts say, and repairing them where they aren't."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from assessments.models import System
from evidence import spans
from evidence.locks import locked_by_id
from evidence.models import Check, Result, Run, Span
from evidence.rules_of import Rules
from evidence.snapshot import RunKey
from evidence.writing import of_several_branches, store_runs, with_siblings
from rubric.evidence import ResultFact, RunTimes, fold, layers, merged
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

    What retention removed is told by the runs themselves: each remembers its removed results apart.
    """
    system = locked_by_id(system_id)
    runs = Run.objects.filter(system=system)
    tests = {*runs.values_list("test", flat=True).distinct()}
    tests |= {*Check.objects.filter(system=system).values_list("test", flat=True).distinct()}
    found = [each for test in sorted(tests) for each in _check_runs(system, test, repair=repair)]
    found += _check_first_run(system, repair=repair)
    found += _check_spans(system, repair=repair)
    if found and repair:
        System.objects.filter(pk=system.pk).forget_states()
    return found


def _check_runs(system: System, test: str, *, repair: bool) -> Iterator[Disagreement]:
    """Compare one test's runs, which is as much as is held in memory at a time."""
    rows = Result.objects.counted().filter(system=system, check_of__test=test)
    facts = rows.values_list("run_id", "branch", "status", "observed_at").iterator(chunk_size=5000)
    stored: dict[RunKey, RunTimes] = {}
    marked: set[RunKey] = set()
    removed: dict[RunKey, RunTimes] = {}
    for run in Run.objects.filter(system=system, test=test).iterator(chunk_size=5000):
        key = (test, run.run_id, run.branch)
        stored[key] = run.times
        if run.several_branches:
            marked.add(key)
        if run.removed is not None:
            removed[key] = run.removed
    expected = merged(fold(ResultFact(test, *fact) for fact in facts), removed)
    several = of_several_branches(expected)
    wrong = {
        key: times
        for key, times in expected.items()
        if stored.get(key) != times or (key[:2] in several and key not in marked)
    }
    unfounded = stored.keys() - expected.keys()
    for key in sorted(wrong.keys() | unfounded):
        detail = f"stored {stored.get(key)}, results say {expected.get(key)}"
        yield Disagreement(system.slug, "runs", " ".join(key), detail)
    if repair and wrong:
        store_runs([(system.pk, with_siblings(wrong, expected))])
    for _, run_id, branch in unfounded if repair else ():
        Run.objects.filter(system=system, test=test, run_id=run_id, branch=branch).delete()


def _check_first_run(system: System, *, repair: bool) -> Iterator[Disagreement]:
    """Compare when the system's earliest run was observed by its row and by its runs, as they are stored now."""
    first = Run.objects.filter(system=system).first_observed_at()
    if system.first_run_at != first:
        yield Disagreement(system.slug, "runs", "the first", f"stored {system.first_run_at}, runs say {first}")
        if repair:
            System.objects.filter(pk=system.pk).update(first_run_at=first)


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
