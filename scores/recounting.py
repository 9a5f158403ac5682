"""The facts of systems whose kept states don't tell what is asked, loaded once for all that is counted from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from assessments.entries import Listed
from rubric.timeline import Facts
from scores.facts import load_facts
from scores.reading import LAST
from scores.trends import Life, first_runs, lives_of

FIRST = datetime(1999, 1, 1, tzinfo=UTC)
"""An instant before any fact."""


class Recounting:
    """All facts of the systems that it was asked for, and when each one's earliest result was observed.

    Facts are of the generation that the systems were read with, as are their rules. Where no facts are needed, as all
    states are kept, `stamps` are those by which they were read, by system id.
    """

    def __init__(self) -> None:
        self.facts: dict[int, Facts] = {}
        self.firsts: dict[int, datetime | None] = {}
        self.stamps: Mapping[int, int] | None = None

    def load(self, systems: Sequence[Listed]) -> None:
        """Load those that aren't loaded, in three queries."""
        fresh = [system for system in systems if system.pk not in self.facts]
        if fresh:
            self.facts |= load_facts(fresh, FIRST, LAST)
            self.firsts |= dict.fromkeys([system.pk for system in fresh]) | first_runs(fresh)

    def lives(self, systems: Sequence[Listed], end: datetime) -> dict[int, Life]:
        """The whole histories until `end` of those of these systems that have a fact by then, by system id."""
        self.load(systems)
        return lives_of(systems, self.facts, self.firsts, FIRST, end)
