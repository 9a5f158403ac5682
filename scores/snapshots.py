"""The levels of all tests of any number of systems at one instant: what the heat map, gaps and comparisons read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assessments.models import System
from evidence.rules_of import Rules
from rubric.levels import Level
from rubric.timeline import Facts, Levels, levels_at
from scores.evidence_of import fold_health, newest_results
from scores.facts import load_facts
from scores.reading import score_of
from scores.score import Health, Score
from scores.trends import first_fact, first_runs


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One system at an instant. `score` is None where nothing was recorded by then; then no test holds anything."""

    system: System
    levels: Levels
    score: Score | None

    def claimed(self, test: str) -> Level:
        return self.levels.claimed.get(test, Level.NONE)

    def verified(self, test: str) -> Level:
        return self.levels.verified.get(test, Level.NONE)

    def level(self, test: str) -> Level:
        """What the score counts: the higher of both."""
        return max(self.claimed(test), self.verified(test))


def snapshots(systems: Sequence[System], at: datetime) -> list[Snapshot]:
    """Each of these systems at any instant, in their order, in three queries."""
    facts = load_facts(systems, at, at)
    firsts = first_runs(systems)
    return [snapshot(system, facts[system.pk], firsts[system.pk], at) for system in systems]


def snapshot(system: System, facts: Facts, first_run_at: datetime | None, at: datetime) -> Snapshot:
    """The system at an instant, from facts that hold all claims until then and all spans around it."""
    since = first_fact(facts, first_run_at)
    if since is None or since > at:
        return Snapshot(system, Levels({}, {}), None)
    levels = levels_at(facts, at)
    return Snapshot(system, levels, score_of(facts.rubric_at(at), levels, at))


def failing_tests(systems: Sequence[System], now: datetime) -> dict[int, frozenset[str]]:
    """By system id, the tests that are failing at present, in one query.

    Systems must have their organisation loaded.
    """
    newest = newest_results(systems, now)
    return {
        system.pk: frozenset(
            test
            for test, health in fold_health(newest[system.pk], Rules.of(system), now).items()
            if health is Health.FAILING
        )
        for system in systems
    }
