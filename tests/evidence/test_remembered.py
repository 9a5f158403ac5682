"""What a posting remembers of a system for the next one never makes another outcome than reading it does.

On PostgreSQL alone anything is remembered; on SQLite the same things happen, and are read each time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import lmdb
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace

from accounts.actors import Actor
from accounts.models import Organisation
from assessments.changes import AnswerChange
from assessments.models import Assessment, System
from assessments.operations import finalise, save_answers, start_assessment
from assessments.systems import create_system
from evidence import memory, recording
from evidence.models import Result, Span
from evidence.posting import Outcome, PostedResult, PostingConflict
from evidence.rebuilding import check_system
from evidence.recording import record_results
from evidence.rule_changes import change_rules
from evidence.voiding import void_result
from rubric.levels import Level
from tests.evidence.test_concurrency import together
from tests.rubric.reading import DAY, EPOCH

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
TESTS = ("data-1", "data-2", "model-1", "infra-1")
ODD = "\"quoted\", {back\\slashed} and 'so on', NULL"
REMEMBERS = connection.vendor == "postgresql"


def check_outcome(known: System, outcome: Outcome, at: datetime) -> None:
    """The levels and claims that an outcome tells are those that are stored, as of the time of receipt."""
    system = System.objects.get(pk=known.pk)
    spans = Span.objects.filter(system=system, generation=system.generation, starts_at__lte=at)
    levels: dict[str, Level] = {}
    for test, level in spans.filter(ends_at__gt=at).values_list("test", "level"):
        levels[test] = max(Level(level), levels.get(test, Level.NONE))
    [told] = outcome.systems
    assert told.verified_after == levels
    newest = Assessment.objects.final().filter(system=system, effective_at__lte=at).order_by("effective_at").last()
    assert (told.claims and told.claims.effective_at) == (newest and newest.effective_at)


@dataclass
class World:
    """A system, the time, and what was posted."""

    actor: Actor
    system: System
    dice: random.Random
    now: datetime = EPOCH
    posted: list[PostedResult] = field(default_factory=list)

    def post(self, *results: PostedResult, waited: timedelta = timedelta()) -> Outcome:
        outcome = self.record(*results, waited=waited)
        check_outcome(self.system, outcome, self.now - waited)
        return outcome

    def record(self, *results: PostedResult, waited: timedelta = timedelta()) -> Outcome:
        outcome = record_results(actor=self.actor, results=results, received_at=self.now - waited)
        self.posted += results
        return outcome

    def result(self, **values: Any) -> PostedResult:
        test = self.dice.choice(TESTS)
        status = self.dice.choice(["passed"] * 25 + ["failed", "error", "skipped"])
        given = {"test": test, "check": test, "run_id": f"run-{len(self.posted)}", "status": status}
        return PostedResult(system=self.system.slug, **{**given, **values})


def a_result(world: World) -> Outcome:
    return world.post(world.result())


def a_few(world: World) -> Outcome:
    run = f"run-{len(world.posted)} {world.dice.choice(['', 'a', ODD])}"
    tests = world.dice.sample(TESTS, world.dice.randint(2, 4))
    return world.post(*(world.result(test=test, check=test, run_id=run) for test in tests))


def two_runs_of_a_test(world: World) -> Outcome:
    one, other = world.result(test="data-1", check="data-1"), world.result(test="data-1", check="data-1", run_id="two")
    return world.post(one, replace(other, run_id=f"{one.run_id}-b", observed_at=world.now - 10 * timedelta(minutes=1)))


def another_check(world: World) -> Outcome:
    return world.post(world.result(test="data-1", check=f"data-1 check {world.dice.randint(1, 2)}"))


def one_a_little_late(world: World) -> Outcome:
    return world.post(world.result(observed_at=world.now - world.dice.random() * HOUR))


def a_few_that_waited(world: World) -> Outcome:
    """Others that were received after them were stored before."""
    run = f"run-{len(world.posted)}"
    results = [world.result(test=test, check=test, run_id=run) for test in world.dice.sample(TESTS, 2)]
    return world.post(*results, waited=world.dice.choice([2, 20, 70, 4000]) * timedelta(seconds=1))


def one_from_long_ago(world: World) -> Outcome:
    return world.post(world.result(observed_at=world.now - world.dice.random() * 50 * DAY))


def more_of_a_run(world: World) -> Outcome | None:
    if not world.posted:
        return None
    known = world.dice.choice(world.posted)
    branch = world.dice.choice(["", "main", known.branch])
    return world.post(replace(known, check=f"{known.test} besides {len(world.posted)}", branch=branch))


def the_same_again(world: World) -> Outcome | None:
    if not world.posted:
        return None
    known = world.dice.choice(world.posted)
    outcome = record_results(actor=world.actor, results=[known], received_at=world.now)
    check_outcome(world.system, outcome, world.now)
    assert (outcome.accepted, outcome.duplicates) == (0, 1)
    with pytest.raises(PostingConflict):
        record_results(actor=world.actor, results=[replace(known, message="other")], received_at=world.now)
    return outcome


def a_void(world: World) -> None:
    counted = Result.objects.counted().filter(system=world.system).order_by("pk")
    if counted:
        void_result(actor=world.actor, result_id=world.dice.choice(list(counted)).pk, reason="wrong", at=world.now)


def other_rules(world: World) -> None:
    windows = {world.dice.choice(TESTS): world.dice.choice([1, 5, 60])}
    change_rules(actor=world.actor, system=world.system, changes={"windows": windows}, at=world.now)


def other_rules_of_all(world: World) -> None:
    changes = {"repeat_hours": world.dice.choice([0, 12, 30]), "credit": world.dice.choice(["executed", "passed"])}
    change_rules(actor=world.actor, changes=changes, at=world.now)
    world.actor = Actor(Organisation.objects.get())


def an_assessment(world: World) -> None:
    draft = start_assessment(actor=world.actor, system=world.system, at=world.now)
    changes = [
        AnswerChange(test, level="manual", justification="See the wiki.") for test in world.dice.sample(TESTS, 2)
    ]
    save_answers(actor=world.actor, assessment=draft, changes=changes, at=world.now)
    finalise(actor=world.actor, assessment=draft, at=world.now)


STEPS: dict[Callable[[World], Outcome | None], int] = {
    a_result: 16,
    a_few: 12,
    another_check: 2,
    one_a_little_late: 2,
    a_few_that_waited: 4,
    more_of_a_run: 2,
    **dict.fromkeys((two_runs_of_a_test, one_from_long_ago, the_same_again), 1),
    **dict.fromkeys((a_void, other_rules, other_rules_of_all, an_assessment), 1),
}
PAUSES = (timedelta(), timedelta(seconds=9), timedelta(minutes=3), 5 * HOUR, 13 * HOUR, DAY, 31 * DAY)


def test_whatever_happens_postings_leave_and_answer_what_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = recording._record_remembered
    went_by_memory: list[bool] = []

    def watched(*arguments: Any) -> Outcome | None:
        outcome = remembered(*arguments)
        went_by_memory.append(outcome is not None)
        return outcome

    monkeypatch.setattr(recording, "_record_remembered", watched)
    actor = Actor(Organisation.objects.create(name="Acme", slug="acme"))
    for seed in (*range(10), 143):
        dice = random.Random(seed)
        system = create_system(actor=actor, at=EPOCH, name=f"System {seed}")
        world = World(Actor(Organisation.objects.get()), system, dice)
        for step in dice.choices(list(STEPS), weights=list(STEPS.values()), k=30):
            step(world)
            world.now += dice.choices(PAUSES, weights=(4, 6, 6, 6, 4, 3, 0.3))[0]
        assert check_system(system.pk, repair=False) == [], f"seed {seed}"
    assert not REMEMBERS or went_by_memory.count(True) > 30


def test_a_posting_that_is_remembered_takes_one_statement() -> None:
    actor = Actor(Organisation.objects.create(name="Acme", slug="acme"))
    world = World(actor, create_system(actor=actor, at=EPOCH, name="Scorer"), random.Random(1))
    for _ in range(2):
        world.post(*(world.result(test=test, check=test, run_id=f"run-{world.now}", status="passed") for test in TESTS))
        world.now += HOUR
    with CaptureQueriesContext(connection) as statements:
        world.record(*(world.result(test=test, check=test, run_id="last", status="passed") for test in TESTS))
    assert not REMEMBERS or len(statements) == 1


def test_who_is_overtaken_goes_by_what_the_other_one_left(monkeypatch: pytest.MonkeyPatch) -> None:
    actor = Actor(Organisation.objects.create(name="Acme", slug="acme"))
    world = World(actor, create_system(actor=actor, at=EPOCH, name="Scorer"), random.Random(1))
    results = [world.result(test="data-1", check="data-1", run_id=f"run-{run}", status="passed") for run in range(4)]
    for known in results[:2]:
        world.post(known)
        world.now += HOUR
    original = memory.recall

    def recall(*arguments: Any) -> Any:
        found = original(*arguments)
        monkeypatch.setattr(memory, "recall", original)
        assert together([lambda: world.record(results[2])]) == []
        return found

    monkeypatch.setattr(memory, "recall", recall)
    with CaptureQueriesContext(connection) as statements:
        assert world.record(results[3]).accepted == 1
    assert not REMEMBERS or len(statements) == 2
    assert Result.objects.count() == (4 if REMEMBERS else 3)
    assert check_system(world.system.pk, repair=False) == []


def test_a_full_memory_forgets_and_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, settings: Any) -> None:
    settings.POSTINGS_MEMORY = str(tmp_path) if REMEMBERS else ""
    monkeypatch.setattr(memory, "BYTES", 64 << 10)
    actor = Actor(Organisation.objects.create(name="Acme", slug="acme"))
    for number in range(60):
        world = World(actor, create_system(actor=actor, at=EPOCH, name=f"System {number}"), random.Random(1))
        a_few(world)
        a_few(world)
    assert Result.objects.exists()


def test_threads_that_post_at_the_same_moment_open_the_memory_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, settings: Any
) -> None:
    settings.POSTINGS_MEMORY = str(tmp_path) if REMEMBERS else ""
    original = lmdb.open
    opened: list[str] = []

    def slowly(directory: str, **options: Any) -> lmdb.Environment:
        opened.append(directory)
        time.sleep(0.1)
        return original(directory, **options)

    monkeypatch.setattr(lmdb, "open", slowly)
    actor = Actor(Organisation.objects.create(name="Acme", slug="acme"))
    worlds = [
        World(actor, create_system(actor=actor, at=EPOCH, name=f"System {number}"), random.Random(number))
        for number in range(4)
    ]
    assert together([partial(a_result, world) for world in worlds]) == []
    assert opened == ([str(tmp_path)] if REMEMBERS else [])


def test_postings_go_on_where_nothing_can_be_remembered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, settings: Any
) -> None:
    settings.POSTINGS_MEMORY = str(tmp_path) if REMEMBERS else ""

    def broken(directory: str, **options: Any) -> lmdb.Environment:
        raise lmdb.DiskError(directory)

    monkeypatch.setattr(lmdb, "open", broken)
    actor = Actor(Organisation.objects.create(name="Acme", slug="acme"))
    world = World(actor, create_system(actor=actor, at=EPOCH, name="Scorer"), random.Random(1))
    for _ in range(3):
        assert a_few(world).accepted > 0
        world.now += HOUR
    assert check_system(world.system.pk, repair=False) == []
