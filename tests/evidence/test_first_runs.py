"""A system's row tells when the earliest of its runs was observed, whoever stored, voided or removed results."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest
from django.db.models import Min

from accounts.actors import Actor
from assessments.models import System
from evidence.models import Result, Run
from evidence.posting import PostedResult
from evidence.rebuilding import check_system
from evidence.recording import record_results
from evidence.retention import remove_batch
from evidence.voiding import void_result
from tests.factories import make_organisation, make_system
from tests.rubric.reading import DAY, EPOCH

NOW = EPOCH + 900 * DAY


def told_and_true() -> tuple[dict[int, datetime | None], dict[int, datetime | None]]:
    """By system, what its row says and what its runs say."""
    firsts = System.objects.annotate(first=Min("runs__first_observed_at"))
    return dict(firsts.values_list("pk", "first_run_at")), dict(firsts.values_list("pk", "first"))


def some_results(dice: Random, systems: list[System], received_at: datetime) -> list[PostedResult]:
    """Up to four results of one system or of both, of runs that come again, on several branches, observed at any time."""
    return [
        PostedResult(
            system=system.slug,
            test=dice.choice(["data-1", "model-6"]),
            check=f"check {dice.randrange(10**9)}",
            run_id=f"run {dice.randrange(12)}",
            status=dice.choice(["passed", "failed", "error", "skipped"]),
            branch=dice.choice(["", "main"]),
            observed_at=None if dice.random() < 0.3 else received_at - dice.randrange(800 * 24) * timedelta(hours=1),
        )
        for system in dice.sample(systems, dice.choice([1, 1, 2]))
        for _ in range(dice.randint(1, 2))
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(3))
def test_a_row_says_what_the_runs_say_after_each_posting_void_and_removal(seed: int) -> None:
    dice = Random(seed)
    actor = Actor(make_organisation())
    systems = [make_system(actor.organisation, EPOCH, slug) for slug in ("one", "two")]
    firsts = set()
    for step in range(30):
        at = NOW + step * timedelta(minutes=10)
        counted = list(Result.objects.counted().order_by("observed_at", "pk").values_list("pk", flat=True))
        if counted and dice.random() < 0.4:
            chosen = counted[0] if dice.random() < 0.7 else dice.choice(counted)
            void_result(actor=actor, result_id=chosen, reason="Wrong", at=at)
        elif dice.random() < 0.1:
            remove_batch(system_id=systems[0].pk, at=at)
        else:
            record_results(actor=actor, results=some_results(dice, systems, at), received_at=at)
        told, true = told_and_true()
        assert told == true, step
        firsts |= {*told.values()}
    assert len(firsts) > 5
    assert [check_system(system.pk, repair=False) for system in systems] == [[], []]
    for result in Result.objects.counted().filter(system=systems[1]):
        void_result(actor=actor, result_id=result.pk, reason="Wrong", at=at)
    assert System.objects.get(pk=systems[1].pk).first_run_at is None


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [None, EPOCH])
def test_a_row_that_says_something_else_is_found_and_repaired(wrong: datetime | None) -> None:
    system = make_system(make_organisation(), EPOCH)
    item = PostedResult(system=system.slug, test="data-1", check="data-1", run_id="first", status="skipped")
    record_results(actor=Actor(system.organisation), results=[item], received_at=NOW)
    System.objects.update(first_run_at=wrong)
    assert [found.subject for found in check_system(system.pk, repair=True)] == ["the first"]
    assert System.objects.get().first_run_at == Run.objects.get().first_observed_at == NOW
    assert check_system(system.pk, repair=False) == []
