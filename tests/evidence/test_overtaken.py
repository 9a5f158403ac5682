"""A posting reads without a lock and writes on the condition that nothing changed meanwhile: whoever comes between is seen.

On PostgreSQL somebody else acts, over another connection, just after the posting has read; on SQLite, where postings exclude
each other from the start, just before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.db import connection

from accounts.actors import Actor
from accounts.models import Organisation
from assessments.models import System
from assessments.systems import create_system
from evidence import recording, snapshot
from evidence.models import Result, Run, Span
from evidence.posting import Outcome, PostedResult, PostingConflict
from evidence.rebuilding import check_system
from evidence.recording import record_results
from evidence.rule_changes import change_rules
from evidence.voiding import void_result
from tests.evidence.test_concurrency import together
from tests.rubric.reading import DAY, EPOCH

pytestmark = pytest.mark.django_db(transaction=True)
NOW = EPOCH + 40 * DAY
FIRST = PostedResult(system="scorer", test="data-1", check="data-1", run_id="first", status="passed", observed_at=NOW)


@pytest.fixture
def actor() -> Actor:
    return Actor(Organisation.objects.create(name="Acme", slug="acme"))


@pytest.fixture
def system(actor: Actor) -> System:
    return create_system(actor=actor, at=EPOCH, name="Scorer", slug="scorer")


def post(actor: Actor, **other: Any) -> Outcome:
    return record_results(actor=actor, results=[msgspec.structs.replace(FIRST, **other)], received_at=NOW)


@pytest.fixture
def overtaken(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Has an action happen in the midst of the next posting, once."""

    def during(action: Callable[[], object]) -> None:
        if connection.vendor != "postgresql":
            action()
            return
        original = snapshot.read

        def read(*arguments: Any) -> Any:
            found = original(*arguments)
            monkeypatch.setattr(recording, "read", original)
            assert together([action]) == []
            return found

        monkeypatch.setattr(recording, "read", read)

    return during


def test_the_same_result_is_stored_once(actor, system, overtaken):
    overtaken(lambda: post(actor))
    outcome = post(actor)
    assert (outcome.accepted, outcome.duplicates, Result.objects.count()) == (0, 1, 1)


def test_other_content_is_a_conflict(actor, system, overtaken):
    overtaken(lambda: post(actor, status="failed"))
    with pytest.raises(PostingConflict):
        post(actor)
    assert list(Result.objects.values_list("status", flat=True)) == ["failed"]


def another_run(actor: Actor, system: System) -> None:
    post(actor, run_id="other", observed_at=NOW - DAY)


def the_same_run_later(actor: Actor, system: System) -> None:
    post(actor, check="another check", observed_at=NOW + DAY)


def a_void(actor: Actor, system: System) -> None:
    void_result(actor=actor, result_id=Result.objects.get(run_id="known").pk, reason="wrong data", at=NOW)


def the_organisations_window(actor: Actor, system: System) -> None:
    change_rules(actor=actor, changes={"window_days": 7}, at=NOW)


def the_systems_window(actor: Actor, system: System) -> None:
    change_rules(actor=actor, system=system, changes={"windows": {"data-1": 5}}, at=NOW)


def the_credit_rule(actor: Actor, system: System) -> None:
    change_rules(actor=actor, changes={"credit": "passed"}, at=NOW)


@pytest.mark.parametrize("known", [False, True], ids=["nothing known", "a run known"])
@pytest.mark.parametrize(
    "action", [another_run, the_same_run_later, the_organisations_window, the_systems_window, the_credit_rule]
)
def test_runs_and_spans_are_what_either_order_leaves(actor, system, overtaken, action, known):
    if known:
        post(actor, run_id="known", observed_at=NOW - 2 * DAY)
    overtaken(lambda: action(actor, system))
    assert post(actor).accepted == 1
    assert Run.objects.filter(run_id="first").count() == 1
    assert check_system(system.pk, repair=False) == []


def test_a_void_in_between_counts(actor, system, overtaken):
    post(actor, run_id="known", observed_at=NOW - DAY)
    overtaken(lambda: a_void(actor, system))
    outcome = post(actor)
    assert outcome.accepted == 1
    assert outcome.systems[0].verified_before == {}
    assert set(Span.objects.values_list("level", flat=True)) == {1}
    assert check_system(system.pk, repair=False) == []


def test_who_is_overtaken_each_time_goes_on_under_the_lock(actor, system, monkeypatch):
    original = snapshot.read
    overtakers: list[str] = []

    def read(*arguments: Any) -> Any:
        found = original(*arguments)
        if not connection.in_atomic_block:
            overtakers.append(f"other {len(overtakers)}")
            monkeypatch.setattr(recording, "read", original)
            assert together([lambda: post(actor, run_id=overtakers[-1])]) == []
            monkeypatch.setattr(recording, "read", read)
        return found

    monkeypatch.setattr(recording, "read", read)
    assert post(actor).accepted == 1
    assert len(overtakers) == (recording.TRIES if connection.vendor == "postgresql" else 0)
    assert Run.objects.count() == len(overtakers) + 1
    assert check_system(system.pk, repair=False) == []
