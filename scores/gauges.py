"""What monitoring watches of each system at one instant: the numbers behind `/metrics/scores`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from assessments.models import System
from evidence.rules_of import Rules
from rubric.timeline import Facts
from scores.evidence_of import NewestResult, failing_checks, newest_results
from scores.facts import load_facts
from scores.overview import review_is_due
from scores.reading import LAST, next_falls
from scores.score import Score
from scores.snapshots import snapshot
from scores.steps import LAPSES_SOON
from scores.trends import first_runs


@dataclass(frozen=True, slots=True)
class Gauges:
    """One system at an instant. `score` is None where nothing was recorded by then.

    `failing` counts checks, `lapsing` the tests whose verified level falls within LAPSES_SOON. `lapses_in` is how long
    it takes until some verified level falls if nothing arrives, None where none is held.
    """

    system: System
    rubric: str
    score: Score | None
    failing: int
    lapsing: int
    lapses_in: timedelta | None
    review_due: bool

    @property
    def credited(self) -> Fraction:
        """The points of all categories."""
        return Fraction(0) if self.score is None else sum(self.score.score.categories.values(), Fraction(0))

    @property
    def verified_share(self) -> Fraction | None:
        """The share of the credited points that fresh runs prove, 0 to 1; None where nothing is credited."""
        if self.score is None or not self.credited:
            return None
        return sum(self.score.verified.categories.values(), Fraction(0)) / self.credited


def gauges(systems: Sequence[System], at: datetime) -> list[Gauges]:
    """Each of these systems as of `at` (aware), in their order, in four queries. Their organisation must be loaded."""
    facts = load_facts(systems, at, LAST)
    firsts = first_runs(systems)
    checks = newest_results(systems, at)
    return [_gauges(system, facts[system.pk], firsts[system.pk], checks[system.pk], at) for system in systems]


def _gauges(
    system: System, facts: Facts, first_run_at: datetime | None, checks: Sequence[NewestResult], at: datetime
) -> Gauges:
    rubric = facts.rubric_at(at)
    score = snapshot(system, facts, first_run_at, at).score
    falls = sorted(fall - at for test, fall in next_falls(facts, at).items() if test in rubric.tests)
    assessed_at = max((claims.effective_at for claims in facts.claims if claims.effective_at <= at), default=None)
    return Gauges(
        system=system,
        rubric=rubric.key,
        score=score,
        failing=failing_checks(checks, Rules.of(system), at),
        lapsing=sum(left <= LAPSES_SOON for left in falls),
        lapses_in=falls[0] if falls else None,
        review_due=score is not None and review_is_due(system, assessed_at, at),
    )
