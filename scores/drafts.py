"""What a draft would score if it were finalised: its claims beside the evidence of an instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from assessments.claims import freeze, thaw
from assessments.models import Answer, System
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.timeline import Claims, Levels
from scores.facts import in_force
from scores.score import FullScore


@dataclass(frozen=True, slots=True)
class Draft:
    """The claims of an assessment that is not final, and the rubric edition that it answers."""

    rubric: Rubric
    claims: Claims

    @classmethod
    def of(cls, rubric: Rubric, answers: Iterable[Answer], at: datetime) -> Draft:
        """What these answers would claim if they were finalised at `at`."""
        return cls(rubric, thaw(freeze(answers), at))

    def beside(self, verified: Mapping[str, Level]) -> Levels:
        """The draft's claims together with what evidence verifies."""
        return Levels(self.claims.levels, verified, self.claims.not_applicable)


@dataclass(frozen=True, slots=True)
class Proof:
    """What evidence verifies at an instant, and which tests have had evidence at any time until then."""

    verified: Mapping[str, Level]
    ever: frozenset[str]

    @classmethod
    def of(cls, score: FullScore) -> Proof:
        """What a score that was read with all that explains it says of evidence."""
        return cls(
            {test.test.key: test.verified for test in score.tests},
            frozenset(test.test.key for test in score.tests if test.last_run_at is not None),
        )


def proof_of(system: System, at: datetime) -> Proof:
    """The evidence of all tests of a system at `at`, in one statement."""
    verified: dict[str, Level] = {}
    ever = set()
    rows = in_force([system]).filter(starts_at__lte=at).values_list("test", "level", "ends_at")
    for test, level, ends_at in rows:
        ever.add(test)
        if at < ends_at:
            verified[test] = max(Level(level), verified.get(test, Level.NONE))
    return Proof(verified, frozenset(ever))
