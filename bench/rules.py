"""`python -m bench rules`: a change of rules over very many runs, prepared while postings go on and a worker is killed.

Run as a module of its own it is that worker: it prepares what is pending, and says of each step how long it took.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import report, servers
from tools.servers import free_port

if TYPE_CHECKING:
    from evidence.models import RuleChange

STRETCH_SECONDS = 2
# How much is prepared, in percent, when the worker is killed.
KILLED_AT = 50
Post = Callable[..., dict[str, Any]]


@dataclass
class Postings:
    """One pipeline that posts one result after another until `over`; `ms` holds how long each took."""

    task: dict[str, Any]
    post: Post
    ms: list[float] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        stretch = 0
        while not self.over.is_set():
            stretch += 1
            bodies = [body.replace("@stretch@", f"{id(self)}-{stretch}") for body in self.task["bodies"]]
            self.ms += self.post(**{**self.task, "bodies": bodies})["ms"]


def work() -> None:
    """Prepare every pending change, swap it in and clear up, as `evidence.tasks.prepare_all` does; a line for each step."""
    import django

    django.setup()
    from django.utils import timezone

    from evidence.models import RuleChange
    from evidence.preparation import prepare_next
    from evidence.rule_changes import swap

    for change in RuleChange.objects.pending().select_related("organisation", "system"):
        while _told("prepare", partial(prepare_next, change)):
            continue
        _told("swap", partial(swap, change.pk, at=timezone.now()))


def _told(step: str, act: Callable[[], bool]) -> bool:
    start = time.perf_counter()
    more = act()
    # The kernel's own high-water mark: getrusage's begins with that of the process which started this one.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    memory = int(peak.split()[1]) / 1024
    sys.stdout.write(json.dumps([step, time.perf_counter() - start, memory]) + "\n")
    sys.stdout.flush()
    return more


def main(arguments: argparse.Namespace, directory: Path, post: Post) -> None:
    """Measure a system whose runs are of all its tests, then one whose runs are all of one test, and print both."""
    rows = [
        [name, *_measured(name, arguments.runs, tests, directory, post)]
        for name, tests in (("all tests", None), ("one test", ["data-1"]))
    ]
    head = ["runs of", "runs", "seconds", "stretches", "longest ms", "MiB", "postings", "median ms", "slowest ms"]
    report.say("")
    report.table(head, rows)


def _measured(name: str, runs: int, tests: list[str] | None, directory: Path, post: Post) -> list[str]:
    from django.utils import timezone

    from accounts.actors import Actor
    from bench.bodies import single
    from bench.filling import EVERY, analyse, fill
    from bench.growth import World
    from evidence.models import RuleChange
    from evidence.rebuilding import check_system
    from evidence.rule_changes import change_rules

    now = timezone.now()
    world = World(name.replace(" ", "-"), 0, 0, now)
    # A minute apart where one test has them all: as dense as a history of some years can be.
    stored = fill(world.system, runs, now, tests=tests, every=timedelta(minutes=1) if tests else EVERY)
    analyse()
    report.say(f"Stored {stored:,} runs of {name}.")
    port = free_port()
    server = servers.start(directory, "mlscore_site.wsgi", port, "/healthz")
    token = {"Authorization": f"Bearer {world.secret}"}
    common = {"kind": "load", "port": port, "path": "/api/v1/results/", "headers": token}
    bodies = [single([world.system.slug], number) for number in range(28)]
    postings = Postings({**common, "bodies": bodies, "connections": 1, "seconds": STRETCH_SECONDS, "most": 4000}, post)
    thread = threading.Thread(target=postings.run)
    try:
        thread.start()
        change_rules(
            actor=Actor(world.organisation), changes={"window_days": 20, "repeat_hours": 24}, at=timezone.now()
        )
        change = RuleChange.objects.pending().get()
        start = time.perf_counter()
        steps = [*_steps(change, killed=True), *_steps(change, killed=False)]
        seconds = time.perf_counter() - start
    finally:
        postings.over.set()
        thread.join()
        servers.stop(server)
    change.refresh_from_db()
    assert change.swapped_at is not None, "the second worker goes on to the swap"
    assert check_system(world.system.pk, repair=False) == [], "spans are those of the new rules"
    ms = sorted(postings.ms)
    return [
        f"{stored:,}",
        f"{seconds:.0f}",
        str(sum(step == "prepare" for step, _, _ in steps)),
        f"{1000 * max(taken for _, taken, _ in steps):.0f}",
        f"{max(memory for _, _, memory in steps):.0f}",
        f"{len(ms):,}",
        f"{ms[len(ms) // 2]:.0f}",
        f"{ms[-1]:.0f}",
    ]


def _steps(change: RuleChange, *, killed: bool) -> Iterator[tuple[str, float, float]]:
    """What a worker tells of its steps; one to be killed gets SIGKILL in the midst of a stretch."""
    from evidence.preparation import progress

    command = [sys.executable, "-m", "bench.rules"]
    with subprocess.Popen(command, cwd=servers.ROOT, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        for line in worker.stdout:
            step, taken, memory = json.loads(line)
            yield step, taken, memory
            if killed and progress(change) >= KILLED_AT:
                report.say(f"Killed the worker at {progress(change)} percent.")
                worker.kill()
                return


if __name__ == "__main__":
    work()
