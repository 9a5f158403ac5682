"""Retention removes results, and nothing that they proved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from accounts.actors import Actor
from accounts.models import Membership, Organisation
from assessments.models import System
from assessments.systems import create_system
from evidence import retention
from evidence.models import Check, Result, Run
from evidence.rebuilding import check_system
from evidence.retention import months_before, sweep
from evidence.voiding import void_result
from rubric.timeline import timeline
from scores.facts import load_facts
from scores.reading import full_score
from tests.evidence.test_recording import (
    NOW,
    Undo,
    as_posted,
    assert_reads_as,
    post,
    result,
    rolled_back,
    set_rules,
)
from tests.factories import make_system
from tests.factories import post as post_runs
from tests.rubric.reading import DAY, EPOCH, TICK, histories, readings

pytestmark = pytest.mark.django_db
LATER = EPOCH + 1000 * DAY


@pytest.fixture
def actor() -> Actor:
    """An organisation that keeps results for a month."""
    return Actor(organisation=Organisation.objects.create(name="Acme", slug="acme", retention_months=1))


@pytest.fixture
def system(actor: Actor) -> System:
    return create_system(actor=actor, at=EPOCH, name="Scorer", slug="scorer")


def remove_before(moment: datetime) -> int:
    """Sweep at the instant whose horizon is `moment`, with windows of a week at most; answers how many went."""
    swept = moment
    while months_before(swept, 1) < moment:
        swept += DAY
    return sum(sweep(swept))


@pytest.mark.parametrize(
    ("at", "months", "then"),
    [
        ("2026-11-21", 25, "2024-10-21"),
        ("2026-03-31", 1, "2026-02-28"),
        ("2024-03-31", 1, "2024-02-29"),
        ("2026-01-15", 1, "2025-12-15"),
        ("2026-12-31", 12, "2025-12-31"),
    ],
)
def test_months_are_calendar_months(at, months, then):
    assert months_before(datetime.fromisoformat(at), months) == datetime.fromisoformat(then)


@settings(rolled_back, max_examples=30)
@given(histories, readings, readings, st.randoms(use_true_random=False))
def test_whatever_goes_scores_rules_voids_and_late_results_are_as_if_nothing_had_gone(
    actor, system, facts, before, after, random
):
    with pytest.raises(Undo), transaction.atomic():
        set_rules(actor, system, before)
        cut = random.randrange(len(facts) + 1)
        arriving = [as_posted(index, fact) for index, fact in enumerate(facts)]
        # Of each check a newest result stays: beside results of its own each has some that may go.
        again = [
            structs.replace(posted, check=f"{posted.test} shared {number % 2}", run_id=f"{number // 2}")
            for number, posted in enumerate(arriving)
        ]
        for posted in [*arriving[:cut], *again[:cut]]:
            post(actor, posted)
        remove_before(EPOCH + random.randrange(12) * DAY)
        for posted in [*arriving[cut:], *again[cut:]]:
            post(actor, posted)
        remove_before(EPOCH + random.randrange(12) * DAY)
        set_rules(actor, system, after)
        told = {
            posted.identity: replace(fact, run_id=posted.run_id)
            for fact, posted in zip(facts * 2, arriving + again, strict=True)
        }
        assert_reads_as(system, list(told.values()), after)
        for left in Result.objects.select_related("check_of"):
            if random.random() < 0.4:
                void_result(actor=actor, result_id=left.pk, reason="wrong", at=NOW)
                del told[left.check_of.name, left.run_id]
        assert_reads_as(system, list(told.values()), after)
        remove_before(EPOCH + 13 * DAY)
        assert_reads_as(system, list(told.values()), after)
        raise Undo


def three_checks_of_one_run(actor: Actor) -> None:
    for check, status, hours in (("a", "error", 0), ("b", "failed", 1), ("c", "passed", 2)):
        at = EPOCH + hours * TICK
        post(actor, result(check=check, run_id="r", status=status, observed_at=at))
        post(actor, result(check=check, run_id="later", status=status, observed_at=at + DAY))


def test_a_void_forgets_nothing_of_what_was_removed(actor, system):
    three_checks_of_one_run(actor)
    late = result(check="d", run_id="r", observed_at=EPOCH + 500 * DAY)
    post(actor, late)
    assert remove_before(EPOCH + 2 * DAY) == 3, "each check but the last has a newer one"
    kept = Result.objects.get(run_id="r")
    void_result(actor=actor, result_id=kept.pk, reason="wrong", at=LATER)
    run = Run.objects.get(run_id="r")
    assert (run.first_observed_at, run.first_executed_at, run.first_passed_at) == (
        EPOCH,
        EPOCH + TICK,
        EPOCH + 2 * TICK,
    )
    assert check_system(system.pk, repair=False) == []


def test_a_removed_result_posted_again_earns_nothing_new(actor, system):
    three_checks_of_one_run(actor)
    before = timeline(load_facts([system], EPOCH, LATER)[system.pk], EPOCH, LATER)
    assert remove_before(EPOCH + 2 * DAY) == 3
    three_checks_of_one_run(actor)
    post(actor, result(check="a", run_id="r", status="error"))
    assert timeline(load_facts([system], EPOCH, LATER)[system.pk], EPOCH, LATER) == before


def test_voided_results_and_the_newest_of_each_check_stay(actor, system):
    three_checks_of_one_run(actor)
    post(actor, result(check="c", run_id="skipped", status="skipped", observed_at=EPOCH + 2 * DAY))
    wrong = Result.objects.get(check_of__name="a", run_id="r")
    void_result(actor=actor, result_id=wrong.pk, reason="wrong", at=NOW)
    seen = full_score(system, EPOCH + 3 * DAY).tests
    assert remove_before(EPOCH + 3 * DAY) == 3
    left = set(Result.objects.values_list("check_of__name", "run_id"))
    assert left == {("a", "r"), ("a", "later"), ("b", "later"), ("c", "later")}
    assert full_score(system, EPOCH + 3 * DAY).tests == seen, "health too"
    assert remove_before(EPOCH + 3 * DAY) == 0


def test_nothing_goes_that_a_window_reaches(actor, system):
    Organisation.objects.update(window_days=700)
    post(actor, *(result(run_id=f"{days} days", observed_at=NOW - days * DAY) for days in (699, 701, 702)))
    assert sum(sweep(NOW)) == 1
    assert set(Result.objects.values_list("run_id", flat=True)) == {"699 days", "701 days"}


def test_batches_go_on_where_they_stopped(actor, system, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 3)
    post(actor, *(result(run_id=f"r{number}", observed_at=EPOCH + number * TICK) for number in range(9)))
    assert next(sweep(LATER)) == 3
    assert list(sweep(LATER)) == [3, 2]
    system.refresh_from_db()
    assert system.results_kept_from == months_before(LATER, 1)


def test_the_database_refuses_every_other_removal(actor, system):
    three_checks_of_one_run(actor)
    remove_before(EPOCH + TICK)
    for remaining in Result.objects.all():
        with pytest.raises(IntegrityError), transaction.atomic():
            remaining.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        System.objects.filter(pk=system.pk).update(results_kept_from=LATER)
        Result.objects.filter(run_id="r").delete()
    assert Check.objects.count() == 3


def test_pages_tell_what_retention_removed(admin: Membership, sign_in: Callable[[Membership], Client]) -> None:
    here = admin.organisation
    system = make_system(here, NOW)
    post_runs(system, ["data-1"], [NOW - 2 * DAY, NOW - DAY], NOW)
    pages = f"/o/acme/systems/{system.slug}/"
    client = sign_in(admin)
    run = f"{pages}results/?run_id={Run.objects.order_by('first_observed_at')[0].run_id}"
    assert "retention" not in client.get(run).content.decode().lower()
    System.objects.update(results_kept_from=NOW)
    Run.objects.update(removed_observed_at=NOW - 2 * DAY)
    assert sum(sweep(NOW + 1000 * DAY)) == 1
    assert "removed by retention" in client.get(run).content.decode()
    assert "were removed" in client.get(f"{pages}results/").content.decode()


def test_the_command_works_through_what_is_old(actor, system):
    post(actor, *(result(run_id=f"{days} days", observed_at=timezone.now() - days * DAY) for days in (1, 40, 50, 60)))
    call_command("work", "--once")
    assert set(Result.objects.values_list("run_id", flat=True)) == {"1 days", "40 days"}
