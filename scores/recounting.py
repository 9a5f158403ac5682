"""The facts of systems whose kept states don't tell what is asked, loaded once for all that is counted from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from assessments.entries import Listed, as_listed
from assessments.models import System
from rubric.timeline import Facts
from scores.facts import load_facts
from scores.reading import LAST
from scores.trends import Life, lives_of, with_first_run

FIRST = datetime(1999, 1, 1, tzinfo=UTC)
"""An instant before any fact."""


class Recounting:
    """All facts of the systems that it was asked for, their models, and when each one's earliest result was observed."""

    def __init__(self) -> None:
        self.models: dict[int, System] = {}
        self.facts: dict[int, Facts] = {}
        self.firsts: dict[int, datetime | None] = {}

    def load(self, systems: Sequence[Listed]) -> None:
        """Load those that aren't loaded, in three queries."""
        wanted = {system.pk: system for system in systems if system.pk not in self.facts}
        if not wanted:
            return
        rows = with_first_run(System.objects.filter(pk__in=wanted).select_related("organisation"))
        fresh = [as_listed(model, wanted[model.pk]) for model in rows]
        self.models |= {system.pk: system for system in fresh}
        self.firsts |= {system.pk: system.first_run_at for system in fresh}  # type: ignore[attr-defined]
        self.facts |= load_facts(fresh, FIRST, LAST)

    def lives(self, systems: Sequence[Listed], end: datetime) -> dict[int, Life]:
        """The whole histories until `end` of those of these systems that have a fact by then, by system id."""
        self.load(systems)
        known = [self.models[system.pk] for system in systems if system.pk in self.models]
        return lives_of(known, self.facts, self.firsts, FIRST, end)
