"""From when on a system's numbers rest on anything: before, a zero says that nobody reported. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rubric.definition import Rubric
from rubric.timeline import Facts


@dataclass(frozen=True, slots=True)
class Reported:
    """The first instant at which each number was told anything, aware; None: never.

    `verified` by any result; a category, by key, by a run of one of its tests or by an assessment, which speaks of all tests.
    """

    verified: datetime | None = None
    categories: Mapping[str, datetime | None] = field(default_factory=dict)


def reported(facts: Facts, rubric: Rubric, first_run_at: datetime | None) -> Reported:
    """When the numbers of this rubric were first reported; `facts` holds the whole history."""
    assessed = _first(claims.effective_at for claims in facts.claims)
    categories = {}
    for category in rubric.categories:
        tests = {test.key for test in category.tests}
        ran = _first(span.starts_at for span in facts.spans if span.test in tests)
        categories[category.key] = _first(at for at in (assessed, ran) if at is not None)
    return Reported(first_run_at, categories)


def _first(instants: Iterable[datetime]) -> datetime | None:
    return min(instants, default=None)
