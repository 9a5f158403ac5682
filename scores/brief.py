"""A score in short, for those who see nothing else of a system: its badge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assessments.models import System
from rubric.timeline import levels_at
from scores.facts import load_facts
from scores.overview import review_is_due
from scores.reading import score_of
from scores.score import Score


@dataclass(frozen=True, slots=True)
class Brief:
    """The score at an instant, None where nothing was recorded by then; and whether a review is due."""

    score: Score | None
    review_due: bool


def brief(system: System, at: datetime) -> Brief:
    """The same score as everywhere, as of `at` (aware), in two statements. The system's organisation must be loaded."""
    facts = load_facts([system], at, at)[system.pk]
    assessed_at = max((claims.effective_at for claims in facts.claims), default=None)
    if assessed_at is None and (system.first_run_at is None or system.first_run_at > at):
        return Brief(None, review_due=False)
    score = score_of(facts.rubric_at(at), levels_at(facts, at), at)
    return Brief(score, review_is_due(system, assessed_at, at))
