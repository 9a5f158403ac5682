from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Organisation
from assessments.models import System
from assessments.systems import create_system
from evidence.models import Check, Result, Run, Span
from evidence.posting import PostedResult
from evidence.rebuilding import check_system
from evidence.recording import record_results
from evidence.rule_changes import change_rules
from tests.rubric.reading import DAY, EPOCH

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 16
HOUR = timedelta(hours=1)


def posting(slug: str) -> list[list[PostedResult]]:
    """Batches that overlap, repeat each other, arrive late and move runs back: three checks a test share its runs."""
    chosen = random.Random(7)
    results = [
        PostedResult(
            system=slug,
            test=test,
            check=f"{test} {check}",
            run_id=f"run {run}",
            status=chosen.choice(["passed", "failed", "error", "skipped"]),
            branch=chosen.choice(["", "main"]),
            observed_at=EPOCH + run * 7 * HOUR + check * 5 * HOUR,
        )
        for test in ("data-1", "model-6", "infra-3")
        for run in range(40)
        for check in range(3)
    ]
    batches = [chosen.sample(results, 25) for _ in range(CLIENTS * 4)]
    batches += [results[start : start + 30] for start in range(0, len(results), 30)]
    chosen.shuffle(batches)
    return batches


def facts_of(system: System) -> tuple[list[Any], ...]:
    """Everything stored of a system's evidence, without keys and times of receipt."""
    return (
        sorted(Check.objects.filter(system=system).values_list("name", "test", "newest_status", "newest_observed_at")),
        sorted(
            Result.objects.filter(system=system).values_list(
                "check_of__name", "run_id", "status", "observed_at", "branch"
            )
        ),
        sorted(Run.objects.filter(system=system).values_list("test", "run_id", "branch", "first_observed_at")),
        sorted(
            Run.objects.filter(system=system, first_executed_at__isnull=False).values_list(
                "test", "run_id", "branch", "first_executed_at"
            )
        ),
        sorted(
            Run.objects.filter(system=system, first_passed_at__isnull=False).values_list(
                "test", "run_id", "branch", "first_passed_at"
            )
        ),
        sorted(Span.objects.filter(system=system).values_list("test", "level", "starts_at", "ends_at")),
    )


def together(actions: Sequence[Callable[[], object]]) -> list[BaseException]:
    """Run the actions in as many threads, each with a connection of its own, starting at once."""
    start = threading.Barrier(len(actions))
    failures: list[BaseException] = []

    def run(action: Callable[[], object]) -> None:
        try:
            start.wait()
            action()
        except BaseException as failure:  # noqa: BLE001 - the test shows whatever happened in a thread
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_sixteen_clients_leave_what_one_leaves():
    actor = Actor(organisation=Organisation.objects.create(name="Acme", slug="acme"))
    alone, crowded = (create_system(actor=actor, at=EPOCH, name=name, slug=name) for name in ("alone", "crowded"))
    for batch in posting("alone"):
        record_results(actor=actor, results=batch, received_at=timezone.now())
    batches = posting("crowded")
    accepted: list[int] = []

    def client(number: int) -> Callable[[], None]:
        def post() -> None:
            for batch in batches[number::CLIENTS] + batches[(number + 5) % CLIENTS :: CLIENTS]:
                outcome = record_results(actor=actor, results=batch, received_at=timezone.now())
                accepted.append(outcome.accepted)

        return post

    assert together([client(number) for number in range(CLIENTS)]) == []
    assert facts_of(crowded) == facts_of(alone)
    assert sum(accepted) == Result.objects.filter(system=crowded).count() == 360
    assert check_system(crowded.pk, repair=False) == []


def test_postings_to_several_systems_in_any_order_never_deadlock():
    actor = Actor(organisation=Organisation.objects.create(name="Acme", slug="acme"))
    slugs = ["a", "b", "c", "d"]
    for slug in slugs:
        create_system(actor=actor, at=EPOCH, name=slug, slug=slug)

    def client(number: int) -> Callable[[], None]:
        order = random.Random(number).sample(slugs, len(slugs))

        def post() -> None:
            for run in range(5):
                results = [
                    PostedResult(
                        system=slug,
                        test="data-1",
                        check="data-1",
                        run_id=f"{number}-{run}",
                        status="passed",
                        observed_at=EPOCH + run * DAY,
                    )
                    for slug in order
                ]
                record_results(actor=actor, results=results, received_at=timezone.now())

        return post

    assert together([client(number) for number in range(8)]) == []
    assert Result.objects.count() == 8 * 5 * len(slugs)


def test_postings_go_on_while_the_rules_change():
    """What a posting refers to at its commit, its organisation included, is not what a change of rules waits with."""
    actor = Actor(organisation=Organisation.objects.create(name="Acme", slug="acme"))
    create_system(actor=actor, at=EPOCH, name="crowded", slug="crowded")
    post = [
        partial(record_results, actor=actor, results=batch, received_at=EPOCH + 20 * DAY)
        for batch in posting("crowded")[:12]
    ]
    change = [
        partial(change_rules, actor=actor, changes={"repeat_hours": hours}, at=EPOCH + 20 * DAY)
        for hours in (0, 3, 6, 12)
    ]
    assert together([*post, *change]) == []
