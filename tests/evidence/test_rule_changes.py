from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actors import Actor
from accounts.models import Activity, Organisation
from assessments.models import System
from assessments.systems import create_system
from evidence import preparation, rule_changes
from evidence.models import PreparedTest, Result, RuleChange, Span
from evidence.preparation import prepare_next, progress
from evidence.rule_changes import GRACE, ChangeInPreparation, change_rules, clear_next, pending_of, swap
from evidence.tasks import prepare_all
from evidence.voiding import void_result
from tests.evidence.test_recording import NOW, Undo, as_posted, assert_reads_as, post, result, set_rules
from tests.rubric.reading import DAY, EPOCH, histories, readings

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor() -> Actor:
    return Actor(organisation=Organisation.objects.create(name="Acme", slug="acme"))


@pytest.fixture
def system(actor: Actor) -> System:
    return create_system(actor=actor, at=EPOCH, name="Scorer", slug="scorer")


@pytest.fixture
def in_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every change that concerns a run a large one."""
    monkeypatch.setattr(rule_changes, "AT_ONCE", 0)


@pytest.fixture(params=[1, 3])
def small_stretches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a handful of runs more than a stretch."""
    monkeypatch.setattr(preparation, "STRETCH", request.param)


def three_runs(actor: Actor) -> None:
    for run in range(3):
        post(actor, result(run_id=f"r{run}", observed_at=EPOCH + run * DAY))


def in_preparation(actor: Actor) -> RuleChange:
    """The organisation's pending change; there has to be one."""
    change = pending_of(actor.organisation)
    assert change is not None
    return change


def test_a_large_change_is_pending_until_it_is_swapped_in(actor, system, in_background):
    three_runs(actor)
    before = list(Span.objects.order_by("id").values_list("level", "starts_at", "ends_at"))
    change_rules(actor=actor, changes={"window_days": 60}, at=NOW)
    actor.organisation.refresh_from_db()
    change = in_preparation(actor)
    assert (actor.organisation.window_days, change.changes) == (30, {"window_days": 60})
    assert progress(change) == 0
    assert prepare_next(change)
    system.refresh_from_db()
    in_force = Span.objects.filter(system=system, generation=system.generation)
    assert list(in_force.order_by("id").values_list("level", "starts_at", "ends_at")) == before
    assert not prepare_next(change)
    assert progress(change) == 100
    assert swap(change.pk, at=NOW)
    assert list(in_force.order_by("id").values_list("level", "starts_at", "ends_at")) == before, "of readers under way"
    while clear_next(NOW + GRACE):
        pass
    actor.organisation.refresh_from_db()
    system.refresh_from_db()
    assert (actor.organisation.window_days, pending_of(actor.organisation)) == (60, None)
    assert set(Span.objects.values_list("generation", flat=True)) == {system.generation} == {change.pk}
    assert Span.objects.get(level=1).ends_at == EPOCH + 62 * DAY
    assert PreparedTest.objects.count() == 0
    assert Activity.objects.get(action="rules.changed").details == {"changes": {"window_days": [30, 60]}}


def test_swapping_waits_until_every_test_is_prepared(actor, system, in_background):
    three_runs(actor)
    change_rules(actor=actor, changes={"credit": "passed"}, at=NOW)
    change = in_preparation(actor)
    assert not swap(change.pk, at=NOW)
    prepare_next(change)
    post(actor, result(test="data-2", check="data-2", observed_at=EPOCH))
    assert not swap(change.pk, at=NOW)
    assert prepare_all() == 1
    assert swap(change.pk, at=NOW)
    assert Activity.objects.filter(action="rules.changed").count() == 1


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(histories, readings, readings, st.randoms(use_true_random=False))
def test_what_happens_while_a_change_is_prepared_counts_by_both_rules(
    actor, system, in_background, small_stretches, facts, before, after, random
):
    with pytest.raises(Undo), transaction.atomic():
        set_rules(actor, system, before)
        prepare_all()
        set_rules(actor, system, before)
        arriving = [as_posted(index, fact) for index, fact in enumerate(facts)]
        cut = random.randrange(len(facts) + 1)
        for posted in arriving[:cut]:
            post(actor, posted)
        hours = int(after.repeat.total_seconds() // 3600)
        changes = {"window_days": after.window.days, "repeat_hours": hours, "credit": after.credit}
        change_rules(actor=actor, changes=changes, at=NOW)
        left = list(facts)
        for posted in arriving[cut:]:
            post(actor, posted)
            pending = pending_of(actor.organisation)
            if pending is not None and random.random() < 0.7:
                prepare_next(pending)
            if random.random() < 0.2:
                wrong = random.choice(Result.objects.counted().select_related("check_of").order_by("id"))
                void_result(actor=actor, result_id=wrong.pk, reason="wrong", at=NOW)
                left.remove(facts[[each.check for each in arriving].index(wrong.check_of.name)])
        prepare_all()
        actor.organisation.refresh_from_db()
        change_rules(actor=actor, system=system, changes={"counted_branch": after.branch}, at=NOW)
        prepare_all()
        assert_reads_as(system, left, after)
        raise Undo


def test_a_second_change_of_the_same_scope_joins_the_pending_one(actor, system, in_background):
    three_runs(actor)
    change_rules(actor=actor, changes={"window_days": 60}, at=NOW)
    first = in_preparation(actor)
    prepare_next(first)
    change_rules(actor=actor, changes={"credit": "passed"}, at=NOW)
    assert in_preparation(actor).changes == {"window_days": 60, "credit": "passed"}
    assert Span.objects.filter(generation=first.pk).exists()
    while clear_next(NOW + GRACE):
        pass
    assert not Span.objects.filter(generation=first.pk).exists()
    change_rules(actor=actor, changes={"window_days": 30, "credit": "executed"}, at=NOW)
    system.refresh_from_db()
    assert (pending_of(actor.organisation), system.pending_generation) == (None, None)
    assert RuleChange.objects.filter(swapped_at__isnull=False).count() == 0


def test_a_change_of_another_scope_waits(actor, system, in_background):
    three_runs(actor)
    change_rules(actor=actor, changes={"window_days": 60}, at=NOW)
    with pytest.raises(ChangeInPreparation):
        change_rules(actor=actor, system=system, changes={"windows": {"data-1": 7}}, at=NOW)


def test_few_runs_change_at_once_and_a_reader_goes_on_with_what_it_began_with(actor, system):
    three_runs(actor)
    post(actor, result(test="data-2", check="data-2", run_id="other", observed_at=EPOCH))
    ends = {"data-1": EPOCH + 32 * DAY, "data-2": EPOCH + 30 * DAY}

    def seen_by(reader: System) -> dict[str, object]:
        return dict(Span.objects.filter(generation=reader.generation, level=1).values_list("test", "ends_at"))

    before = System.objects.get(pk=system.pk)
    change_rules(actor=actor, system=system, changes={"windows": {"data-1": 2}}, at=NOW)
    system.refresh_from_db()
    assert (pending_of(actor.organisation), system.windows) == (None, {"data-1": 2})
    assert (seen_by(before), seen_by(system)) == (ends, {**ends, "data-1": EPOCH + 4 * DAY})
    while clear_next(NOW + GRACE):
        pass
    assert (seen_by(before), len(seen_by(system))) == ({}, 2)


def test_the_command_works_through_what_is_pending(actor, system, in_background):
    three_runs(actor)
    change_rules(actor=actor, changes={"repeat_hours": 0}, at=NOW)
    call_command("work", "--once")
    actor.organisation.refresh_from_db()
    assert actor.organisation.repeat_hours == 0
    assert pending_of(actor.organisation) is None
