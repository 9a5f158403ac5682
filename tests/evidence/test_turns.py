"""Postings to one system take turns, so that none works in vain; and none waits for ever."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from django.db import connection

from accounts.actors import Actor
from accounts.models import Organisation
from assessments.systems import create_system
from evidence import turns, writing
from evidence.models import Result
from evidence.turns import Turn
from tests.evidence.test_concurrency import together
from tests.evidence.test_remembered import HOUR, World
from tests.rubric.reading import EPOCH

HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.lockf(file, fcntl.LOCK_EX, 1, int(sys.argv[2]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(settings: Any, tmp_path: Path) -> int:
    """The place of the first organisation's system `scorer`, in a directory of the test's own."""
    settings.POSTINGS_MEMORY = str(tmp_path)
    with Turn(1, "scorer"):
        pass
    return crc32(b"1/scorer") % turns.PLACES


def test_one_thread_at_a_time_has_the_turn_of_a_system(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_WAIT", 30)
    inside, most = 0, []

    def take() -> None:
        nonlocal inside
        with Turn(1, "scorer"):
            inside += 1
            most.append(inside)
            time.sleep(0.01)
            inside -= 1

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


def test_another_process_is_waited_for_but_not_for_ever(
    place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "turns"), str(place)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        monkeypatch.setattr(turns, "LONGEST_WAIT", 0.05)
        with Turn(1, "scorer"):
            assert holder.poll() is None
        with Turn(1, "another"):
            pass
        monkeypatch.setattr(turns, "LONGEST_WAIT", 30)
        threading.Timer(0.2, holder.stdin.close).start()
        with Turn(1, "scorer"):
            assert holder.wait(5) == 0


def test_a_thread_that_waited_too_long_leaves_the_turn_to_who_has_it(
    place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LONGEST_WAIT", 0.01)
    with Turn(1, "scorer"):
        hurried = threading.Thread(target=partial(_pass_through, "scorer"))
        hurried.start()
        hurried.join()
        assert turns._of_threads[place].locked()
    assert not turns._of_threads[place].locked()


def _pass_through(slug: str) -> None:
    with Turn(1, slug):
        pass


@pytest.mark.django_db(transaction=True)
def test_no_posting_works_in_vain_beside_others_of_this_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_WAIT", 60)
    actor = Actor(Organisation.objects.create(name="Acme", slug="acme"))
    world = World(actor, create_system(actor=actor, at=EPOCH, name="Scorer"), random.Random(1))
    tests = ("data-1", "data-2", "model-1")
    for _ in range(2):
        world.post(*(world.result(test=test, check=test, run_id=f"run-{world.now}", status="passed") for test in tests))
        world.now += HOUR
    original = writing.store
    stored: list[str | None] = []

    def store(*arguments: Any, **options: Any) -> str | None:
        stored.append(original(*arguments, **options))
        return stored[-1]

    monkeypatch.setattr(writing, "store", store)
    results = [
        world.result(test=tests[number % 3], check=tests[number % 3], run_id=f"at once {number}", status="passed")
        for number in range(24)
    ]
    before = Result.objects.count()
    assert together([partial(world.post, result) for result in results]) == []
    assert Result.objects.count() == before + 24
    assert None not in stored or connection.vendor == "sqlite"
