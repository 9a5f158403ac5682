"""What `python -m bench dashboards` fills in for speed is what postings would have left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bench.histories import spans_of, story
from evidence.models import Span
from tests.factories import DAY, make_organisation, make_system, post

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
DAYS = 300


@pytest.mark.django_db
def test_spans_are_those_of_the_postings() -> None:
    system = make_system(make_organisation(window_days=10), NOW - DAYS * DAY)
    told = story(system, NOW, DAYS, full=True)
    few = replace(told, nights={test: told.nights[test] for test in ("data-1", "model-7", "monitor-2")})
    assert all(few.nights.values())
    for test, times in few.nights.items():
        post(system, [test], times, NOW)
    fields = ("system_id", "generation", "test", "level", "starts_at", "ends_at")
    stored = sorted(Span.objects.filter(system=system).values_list(*fields))
    assert stored == sorted(tuple(row[field] for field in fields) for row in spans_of(few))
    assert len(stored) > 2 * len(few.nights)
