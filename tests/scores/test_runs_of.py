"""Runs in windows are counted as the contract defines them, whatever branches, windows and credit rules there are."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from accounts.actors import Actor
from assessments.models import System
from evidence.models import Run
from evidence.posting import PostedResult
from evidence.rebuilding import check_system
from evidence.recording import record_results
from evidence.rules_of import Rules
from rubric.evidence import ResultFact, fold, run_instants
from scores.runs_of import RunCount, run_counts
from tests.factories import make_organisation, make_system

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TESTS = ["data-1", "data-2", "model-1", "infra-1"]
RULES = [
    (credit, branch, windows)
    for credit in ("executed", "passed")
    for branch in (None, "main")
    for windows in ({}, {"data-1": 5, "data-2": 60})
]


@pytest.fixture
def system(db: None) -> System:
    return make_system(make_organisation(), NOW - 100 * DAY)


def posted(system: System) -> list[PostedResult]:
    """Three postings whose runs have rows on up to three branches, arriving in any order; infra-1 has no run."""
    chance = random.Random(7)
    items = [
        PostedResult(
            system.slug,
            chance.choice(TESTS[:3]),
            f"run {chance.randrange(40)}",
            chance.choice(["passed", "failed", "skipped"]),
            f"check {number}",
            NOW - chance.randrange(1, 80) * DAY,
            branch=chance.choice(["main", "main", "dev", ""]),
        )
        for number in range(150)
    ]
    for part in range(3):
        record_results(actor=Actor(system.organisation), results=items[part::3], received_at=NOW)
    return items


def expected(items: list[PostedResult], rules: Rules, test: str, at: datetime) -> RunCount:
    facts = [ResultFact(each.test, each.run_id, each.branch, each.status, each.observed_at or NOW) for each in items]
    times = [time for time in run_instants(fold(facts), rules.counting).get(test, {}).values() if time <= at]
    window = rules.freshness(test).window
    return RunCount(sum(at - time < window for time in times), max(times, default=None))


def test_counts_are_those_of_the_definition(system: System) -> None:
    items = posted(system)
    assert Run.objects.filter(several_branches=True).exists()
    for credit, branch, windows in RULES:
        rules = Rules.of(system).changed({"credit": credit, "counted_branch": branch, "windows": windows})
        for at in (NOW, NOW - 30 * DAY, NOW - 90 * DAY):
            wanted = {test: expected(items, rules, test, at) for test in TESTS}
            assert run_counts(system.pk, rules, TESTS, at) == wanted, (rules, at)
            assert run_counts(system.pk, rules, TESTS[:1], at) == {"data-1": wanted["data-1"]}, (rules, at)


def test_a_missing_mark_of_several_branches_is_found_and_repaired(system: System) -> None:
    posted(system)
    assert check_system(system.pk, repair=True) == []
    marked = Run.objects.filter(several_branches=True).count()
    Run.objects.filter(several_branches=True, branch="main").update(several_branches=False)
    assert check_system(system.pk, repair=True)
    assert check_system(system.pk, repair=False) == []
    assert Run.objects.filter(several_branches=True).count() == marked
