from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from accounts.actors import Actor
from accounts.models import Organisation
from assessments.models import System
from assessments.systems import create_system
from evidence.models import Check, Result, Run, Span
from evidence.posting import PostedResult, PostingConflict, PostingRefused
from evidence.rebuilding import check_system
from evidence.recording import record_results
from evidence.rule_changes import change_rules
from evidence.voiding import AlreadyVoided, void_result
from rubric.levels import Level
from tests.rubric.reading import DAY, EPOCH, Posted, Reading, histories, moments, readings

NOW = EPOCH + 40 * DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor() -> Actor:
    return Actor(organisation=Organisation.objects.create(name="Acme", slug="acme"))


@pytest.fixture
def system(actor: Actor) -> System:
    return create_system(actor=actor, at=EPOCH, name="Scorer", slug="scorer")


def result(**values: object) -> PostedResult:
    given_values = {"system": "scorer", "test": "data-1", "run_id": "r1", "status": "passed", "check": "data-1"}
    return PostedResult(**{**given_values, **values})  # type: ignore[arg-type]


def post(actor: Actor, *results: PostedResult, dry_run: bool = False):
    return record_results(actor=actor, results=results, received_at=NOW, dry_run=dry_run)


def as_posted(index: int, fact: Posted) -> PostedResult:
    """A result of a check of its own, so that a history's repeated runs don't collide."""
    return result(
        test=fact.test,
        check=f"{fact.test} check {index}",
        run_id=fact.run_id,
        branch=fact.branch,
        status=fact.status,
        observed_at=fact.observed_at,
    )


def verified(system: System, test: str, at) -> Level:
    held = Span.objects.filter(
        system=system, generation=system.generation, test=test, starts_at__lte=at, ends_at__gt=at
    ).values_list("level", flat=True)
    return Level(max(held, default=0))


def assert_reads_as(system: System, facts: Sequence[Posted], reading: Reading) -> None:
    system.refresh_from_db()
    for test in ("data-1", "data-2"):
        for at in reading.instants(facts):
            assert verified(system, test, at) is reading.verified(facts, test, at), (test, at)
    assert check_system(system.pk, repair=False) == []


def set_rules(actor: Actor, system: System, reading: Reading) -> None:
    hours = reading.repeat // timedelta(hours=1)
    changes = {"window_days": reading.window.days, "repeat_hours": hours, "credit": reading.credit}
    change_rules(actor=actor, changes=changes, at=NOW)
    change_rules(actor=actor, system=system, changes={"counted_branch": reading.branch}, at=NOW)
    actor.organisation.refresh_from_db()


rolled_back = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Undo(Exception):
    """Ends an example and takes what it stored with it."""


@rolled_back
@given(histories, readings, st.randoms(use_true_random=False), st.integers(1, 5))
def test_any_order_and_any_batches_leave_what_the_contract_counts(actor, system, facts, reading, random, size):
    with pytest.raises(Undo), transaction.atomic():
        set_rules(actor, system, reading)
        arriving = [as_posted(index, fact) for index, fact in enumerate(facts)]
        random.shuffle(arriving)
        for start in range(0, len(arriving), size):
            post(actor, *arriving[start : start + size])
        assert_reads_as(system, facts, reading)
        raise Undo


@rolled_back
@given(histories, readings, readings)
def test_changed_rules_apply_to_all_times(actor, system, facts, before, after):
    with pytest.raises(Undo), transaction.atomic():
        set_rules(actor, system, before)
        for index, fact in enumerate(facts):
            post(actor, as_posted(index, fact))
        set_rules(actor, system, after)
        assert_reads_as(system, facts, after)
        raise Undo


@rolled_back
@given(histories, readings, st.randoms(use_true_random=False))
def test_a_void_counts_nothing_at_any_time(actor, system, facts, reading, random):
    with pytest.raises(Undo), transaction.atomic():
        set_rules(actor, system, reading)
        for index, fact in enumerate(facts):
            post(actor, as_posted(index, fact))
        voided = [index for index in range(len(facts)) if random.random() < 0.4]
        for index in voided:
            stored = Result.objects.get(check_of__name=f"{facts[index].test} check {index}")
            void_result(actor=actor, result_id=stored.pk, reason="wrong data", at=NOW)
        assert_reads_as(system, [fact for index, fact in enumerate(facts) if index not in voided], reading)
        raise Undo


def test_a_repeated_posting_is_a_duplicate_and_changes_nothing(actor, system):
    first = result(observed_at=EPOCH, metrics={"auc": 0.5, "rows": 10}, message="fine")
    assert (post(actor, first).accepted, post(actor, first).duplicates) == (1, 1)
    by_value = replace(first, observed_at=None, metrics={"rows": 10.0, "auc": 0.50})
    assert post(actor, by_value).duplicates == 1
    assert (Result.objects.count(), Run.objects.count(), Span.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "failed"},
        {"observed_at": EPOCH + DAY},
        {"message": "other"},
        {"metrics": {"auc": 0.6}},
        {"metrics": {}},
        {"commit": "abc"},
        {"url": "https://ci.example/1"},
    ],
)
def test_other_content_under_the_same_identity_conflicts_and_stores_nothing(actor, system, change):
    first = result(observed_at=EPOCH, metrics={"auc": 0.5})
    post(actor, first)
    with pytest.raises(PostingConflict) as caught:
        post(actor, result(run_id="r2", observed_at=EPOCH), replace(first, **change))
    assert [fault.index for fault in caught.value.faults] == [1]
    assert Result.objects.count() == 1


def test_repeats_inside_one_posting_count_as_duplicates_or_conflict(actor, system):
    again = result()
    outcome = post(actor, again, again, result(run_id="r2"))
    assert (outcome.accepted, outcome.duplicates) == (2, 1)
    with pytest.raises(PostingConflict):
        post(actor, result(run_id="r3"), result(run_id="r3", status="failed"))
    assert Result.objects.count() == 2


def test_faults_name_every_item_and_come_before_conflicts(actor, system):
    post(actor, result())
    with pytest.raises(PostingRefused) as caught:
        post(
            actor,
            result(status="failed"),
            result(system="nobody", run_id="r2"),
            result(test="data-99", run_id="r2"),
            result(test="data-2", check="data-1", run_id="r2"),
        )
    assert [(fault.index, fault.field) for fault in caught.value.faults] == [(1, "system"), (2, "test"), (3, "check")]
    assert Result.objects.count() == 1


def test_a_dry_run_answers_the_same_and_stores_nothing(actor, system):
    posting = (result(observed_at=NOW - DAY), result(run_id="r2", observed_at=NOW))
    rehearsed = post(actor, *posting, dry_run=True)
    assert (Result.objects.count(), Check.objects.count(), Run.objects.count(), Span.objects.count()) == (0, 0, 0, 0)
    done = post(actor, *posting)
    assert rehearsed.systems[0].verified_after == done.systems[0].verified_after == {"data-1": Level.AUTOMATED}
    assert rehearsed.accepted == done.accepted == 2


def test_levels_before_and_after_are_those_at_receipt(actor, system):
    first = post(actor, result(observed_at=NOW - DAY)).systems[0]
    second = post(actor, result(run_id="r2", observed_at=NOW - 2 * DAY)).systems[0]
    assert (first.verified_before, first.verified_after) == ({}, {"data-1": Level.MANUAL})
    assert second.verified_after == {"data-1": Level.AUTOMATED}


def test_what_happens_to_old_runs_leaves_the_present_level(actor, system):
    post(actor, result(run_id="new", observed_at=NOW - DAY), result(run_id="newer", observed_at=NOW))
    post(actor, result(run_id="old", observed_at=NOW - 100 * DAY))
    moved = post(actor, result(run_id="old", check="other", observed_at=NOW - 101 * DAY)).systems[0]
    assert moved.verified_before == moved.verified_after == {"data-1": Level.AUTOMATED}


def test_a_run_that_moves_out_of_the_window_lowers_the_present_level(actor, system):
    post(actor, result(observed_at=NOW - DAY))
    moved = post(actor, result(check="other", observed_at=NOW - 40 * DAY)).systems[0]
    assert (moved.verified_before, moved.verified_after) == ({"data-1": Level.MANUAL}, {})


@pytest.mark.parametrize("count", [1, 28])
def test_recording_costs_at_most_six_statements_whatever_the_number_of_results(actor, system, count):
    def posting(run: int) -> list[PostedResult]:
        tests = [f"{category}-{n}" for category in ("data", "model", "infra", "monitor") for n in range(1, 8)]
        at = NOW - DAY * (10 - run)
        return [result(test=test, check=test, run_id=f"r{run}", observed_at=at) for test in tests[:count]]

    for run in range(3):
        post(actor, *posting(run))
    with CaptureQueriesContext(connection) as queries:
        post(actor, *posting(3))
    assert len(queries) <= 6, [query["sql"][:120] for query in queries]


def test_voiding_twice_is_refused(actor, system):
    post(actor, result())
    stored = Result.objects.get()
    void_result(actor=actor, result_id=stored.pk, reason="wrong", at=NOW)
    with pytest.raises(AlreadyVoided):
        void_result(actor=actor, result_id=stored.pk, reason="again", at=NOW)


@rolled_back
@given(st.lists(st.tuples(st.sampled_from(["passed", "failed", "error", "skipped"]), moments), max_size=8))
def test_a_check_knows_its_newest_result(actor, system, outcomes):
    with pytest.raises(Undo), transaction.atomic():
        for index, (status, at) in enumerate(outcomes):
            post(actor, result(run_id=f"r{index}", status=status, observed_at=at))
        kept = [(at, index, status) for index, (status, at) in enumerate(outcomes) if status != "skipped"]
        newest = max(kept, default=(None, 0, ""))
        check = Check.objects.filter(name="data-1").first()
        assert (check.newest_observed_at, check.newest_status) == (newest[0], newest[2]) if check else not outcomes
        raise Undo
