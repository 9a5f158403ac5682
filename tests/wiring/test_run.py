"""`make run` as a newcomer meets it: what it prints, that it keeps what is there, and that nothing outlives it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.live import ROOT, static_root
from tools.servers import free_port


@contextmanager
def running(data_dir: Path, port: int, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`make run`'s process in a session of its own, and what it printed until it was ready."""
    embedded = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment = embedded | {"DATA_DIR": str(data_dir), "PORT": str(port), "STATIC_ROOT": static_root()} | variables
    with (data_dir / "printed").open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.run"], cwd=ROOT, env=environment, stdout=output, stderr=output,
            start_new_session=True, text=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while "Ctrl-C ends it." not in (printed := (data_dir / "printed").read_text(encoding="utf-8")):
            assert process.poll() is None and time.monotonic() < deadline, printed
            time.sleep(0.1)
        yield process, printed
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def test_an_empty_start_prints_a_code_a_signal_ends_everything_and_a_second_start_keeps_the_data(
    tmp_path: Path,
) -> None:
    port, kept = free_port(), []
    for number in (signal.SIGINT, signal.SIGTERM):
        with running(tmp_path, port, DEMO="0") as (process, printed):
            assert f"http://127.0.0.1:{port}" in printed
            assert re.search(r"one-time code: ([0-9A-Z]{5}-){3}[0-9A-Z]{5}", printed)
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz").close()
            children = psutil.Process(process.pid).children(recursive=True)
            assert len(children) >= 3, "gunicorn, its worker and the background work"
            database = (tmp_path / "mlscore.sqlite3").stat().st_ino
            kept.append((database, (tmp_path / "secret_key").read_text(encoding="ascii")))
            process.send_signal(number)
            assert process.wait(30) == 0
        assert psutil.wait_procs(children, timeout=5)[1] == []
    assert kept[0] == kept[1]


def test_a_port_in_use_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": str(taken.getsockname()[1])}
        run = subprocess.run(
            [sys.executable, "-m", "tools.run"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    assert run.returncode == 1
    assert "PORT=8001" in run.stderr
    assert "Traceback" not in run.stderr
