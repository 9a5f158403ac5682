"""`python -m bench export`: how much memory a server process takes to stream very many results, and how long (PostgreSQL)."""

from __future__ import annotations

import argparse
import http.client
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from django.utils import timezone

from accounts.models import Scope
from accounts.tokens import create_token
from bench import report, servers
from bench.filling import EVERY, analyse
from bench.growth import World
from tools.servers import free_port

MIB = 1024 * 1024
LIMIT_MIB = 64
PIECE = 256 * 1024
SAMPLED_EVERY = 0.02
FILES = (("results", "csv"), ("results", "json"), ("everything", "csv"))


@dataclass
class Memory:
    """What a server's processes hold, in bytes: at the start, and at most since."""

    processes: list[psutil.Process]
    start: int = 0
    most: int = 0

    def now(self) -> int:
        return sum(process.memory_info().rss for process in self.processes)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Inside, the most is kept up to date."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(SAMPLED_EVERY):
                self.most = max(self.most, self.now())

        self.start = self.most = self.now()
        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def main(arguments: argparse.Namespace, directory: Path) -> None:
    """Fill, serve, and take everything along; fails where the memory grows by more than LIMIT_MIB."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0) - EVERY
    start = time.perf_counter()
    world = World("large", arguments.results // 2, arguments.results // 2, now)
    analyse()
    report.say(f"Stored {world.stored:,} results in {time.perf_counter() - start:.0f} s.\n")
    scopes = [Scope.READ, Scope.ORGANISATION_WRITE]
    _, secret = create_token(
        actor=world.actor, name="export", scopes=scopes, system_id=None, expires_at=None, at=timezone.now()
    )
    os.environ["WEB_WORKERS"] = "1"
    port = free_port()
    server = servers.start(directory, "mlscore_site.wsgi", port, "/healthz")
    try:
        memory = Memory(psutil.Process(server.pid).children())
        for name, form in FILES:  # what a process needs once, whatever it serves
            take(port, secret, "systems" if name == "results" else "teams", form)
        rows = [measure(port, secret, name, form, memory) for name, form in FILES]
    finally:
        servers.stop(server)
    report.table(["export", "MiB", "seconds", "memory before, MiB", "growth at most, MiB"], [row for row, _ in rows])
    worst = max(growth for _, growth in rows)
    if worst > LIMIT_MIB:
        raise SystemExit(f"The server's memory grew by {worst:.0f} MiB.")


def measure(port: int, secret: str, name: str, form: str, memory: Memory) -> tuple[list[str], float]:
    """One export as a row of the table, and by how many MiB the server grew meanwhile."""
    start = time.perf_counter()
    with memory.watched():
        size = take(port, secret, name, form)
    seconds = time.perf_counter() - start
    growth = (memory.most - memory.start) / MIB
    figures = [f"{size / MIB:,.0f}", f"{seconds:.0f}", f"{memory.start / MIB:.0f}", f"{growth:.1f}"]
    return [f"{name}, {form}", *figures], growth


def take(port: int, secret: str, name: str, form: str) -> int:
    """Read an export to its end; answers how many bytes it has."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", f"/api/v1/exports/{name}/?format={form}", headers={"Authorization": f"Bearer {secret}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    size = 0
    while piece := answer.read(PIECE):
        size += len(piece)
    connection.close()
    return size
