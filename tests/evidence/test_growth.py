"""Requests read no table whole and touch hardly more buffers with many results stored than with few (PostgreSQL).

On SQLite the same requests are answered, over a history that postings left.
"""

from __future__ import annotations

from contextlib import nullcontext
from unittest.mock import Mock

import pytest
from django.db import connection
from django.utils import timezone

from bench import growth
from bench.filling import analyse
from bench.plans import OF_FIXED_SIZE, explained
from evidence.rebuilding import check_system
from scores.runs_of import run_counts
from tests.factories import make_organisation, make_system, nightly, post
from tests.rubric.reading import DAY

FEW, MANY = 5_000, 20_000
# By how many levels an index of five million entries is deeper than one of ten thousand.
DEEPER = 2
# Of the more checks that there are, with two worlds, the 28 of a run are looked up by their keys rather than read whole.
SLACK = 80


@pytest.mark.django_db(transaction=True)
def test_a_long_history_costs_what_a_short_one_costs() -> None:
    now = timezone.now()
    if connection.vendor != "postgresql":
        system = make_system(make_organisation(), now)
        post(system, ["data-1"], nightly(now - 9 * DAY, now), now)
        assert check_system(system.pk, repair=False) == []
        return
    with connection.cursor() as cursor:
        # Where other tests' rows lay, the new ones would be scattered: neighbours in time are to be neighbours on disk.
        cursor.execute("VACUUM FULL evidence_result, evidence_run, evidence_span, evidence_check")
    small = growth.World("small", FEW // 2, FEW // 2, now)
    analyse()
    few = growth.ask(small)
    large = growth.World("large", MANY // 2, MANY // 2, now)
    analyse()
    many = growth.ask(large)
    assert check_system(small.system.pk, repair=False) == [], "what was filled in is what postings leave"
    for name, plans in many.items():
        assert plans.scanned <= OF_FIXED_SIZE, name
        if name.startswith("GET"):
            assert DEEPER * plans.searches <= (growth.LIMIT - 1) * plans.buffers, name
        assert plans.buffers <= growth.LIMIT * few[name].buffers + SLACK, name


@pytest.mark.django_db(transaction=True)
def test_tests_without_runs_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    world = growth.World("sparse", 0, 0, timezone.now())
    posted = ["data-1", "model-1"]
    world.post(posted)
    counted = Mock(wraps=run_counts)
    monkeypatch.setattr("scores.whole_histories.run_counts", counted)
    with explained() if connection.vendor == "postgresql" else nullcontext() as plans:
        world.read("/api/v1/systems/asked/score/")
    assert counted.call_args.args[2] == posted
    assert plans is None or plans.searches <= 3
