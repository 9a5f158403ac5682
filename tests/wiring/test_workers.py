"""The processes of a server hold as many connections each, whoever wakes first when one arrives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlscore_site import gunicorn as configuration
from mlscore_site.workers import held
from tools.servers import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = (
    sys.executable,
    "-m",
    "gunicorn",
    "--config",
    "python:mlscore_site.gunicorn",
    "tests.support.whoami:application",
)


Asked = tuple[HTTPConnection, int]
"""A connection that stays open, and the process that answered it."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, list[Asked]]]:
    """The port of a server of two processes, and the first connections, once each process has answered one."""
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "WEB_WORKERS": "2", "DATA_DIR": str(tmp_path)}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        yield port, both(port, lambda: process.poll() is None, tmp_path / "log")
    finally:
        process.terminate()
        process.wait(timeout=20)


def both(port: int, runs: Callable[[], bool], log: Path) -> list[Asked]:
    while True:
        assert runs(), log.read_text()
        try:
            first = asked(port, 2)
        except ConnectionRefusedError:
            first = []
        if len({process for _, process in first}) == 2:
            return first
        for connection, _ in first:
            connection.close()
        time.sleep(0.2)


def asked(port: int, times: int) -> list[Asked]:
    """So many connections at once."""
    opened = [HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(times)]
    for connection in opened:
        connection.connect()
    for connection in opened:
        connection.request("GET", "/")
    return [(connection, int(connection.getresponse().read())) for connection in opened]


def test_connections_that_stay_open_are_shared_evenly_and_a_process_that_takes_anothers_place_catches_up(
    server: tuple[int, list[Asked]],
) -> None:
    port, first = server
    before = [*first, *asked(port, 22)]
    by_process = Counter(process for _, process in before)
    assert [*by_process.values()] == [12, 12]
    gone, staying = by_process
    os.kill(gone, signal.SIGKILL)
    for connection, process in before:
        if process == gone:
            connection.close()
    after = asked(port, 1)
    while after[-1][1] == staying:
        after += asked(port, 1)
    caught_up = asked(port, 2)
    assert {process for _, process in caught_up} == {after[-1][1]}
    for connection, _ in [*before, *after, *caught_up]:
        connection.close()


def test_a_process_that_ended_is_counted_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    arbiter: Any = None
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    held.tell(7, 2)
    held.tell(8, 5)
    assert held.least() == 2
    for number, least in ((7, 5), (8, 0)):
        ended: Any = SimpleNamespace(age=number, pid=0)
        configuration.child_exit(arbiter, ended)
        assert held.least() == least
