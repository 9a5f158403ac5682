"""The servers that are measured: PostgreSQL, Redis, MLScore under gunicorn, and the bare view under another gunicorn."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError

from tools.servers import free_port, start_postgresql, start_redis

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2


@dataclass(frozen=True)
class Stack:
    """Where the two web servers listen, on the loopback interface."""

    mlscore: int
    bare: int


@contextmanager
def databases() -> Iterator[Path]:
    """A PostgreSQL that really commits to the disk, a Redis, and a DATA_DIR, named in this process's environment."""
    with ExitStack() as cleanup:
        directory = Path(tempfile.mkdtemp(prefix="mlscore-bench-"))
        directory.chmod(0o711)
        cleanup.callback(shutil.rmtree, directory, ignore_errors=True)
        postgresql = start_postgresql(directory / "postgresql")
        cleanup.callback(postgresql.stop)
        redis = start_redis(directory / "redis")
        cleanup.callback(redis.stop)
        os.environ.update(
            DATABASE_URL=postgresql.url,
            REDIS_URL=redis.url,
            DATA_DIR=str(directory / "data"),
            # Kept, since compressing static files takes long.
            STATIC_ROOT=str(ROOT / "var" / "bench-static"),
            DJANGO_SETTINGS_MODULE="mlscore_site.settings",
            WEB_WORKERS=str(WORKERS),
            # The throttle counts as always, and lets everything pass.
            API_RATE="1000000",
            # Requests inside this process come from Django's test client.
            ALLOWED_HOSTS="127.0.0.1,testserver",
        )
        for name in (
            "DEBUG",
            "TLS",
            "PUBLIC_URL",
            "TRUSTED_PROXIES",
            "METRICS_TOKEN",
            "LOG_LEVEL",
            "BIND",
        ):
            os.environ.pop(name, None)
        for command in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=True)
        yield directory


@contextmanager
def web(directory: Path) -> Iterator[Stack]:
    """Both web servers, up and answering."""
    with ExitStack() as cleanup:
        ports = {}
        for application, path in (("mlscore_site.wsgi", "/healthz"), ("bench.bare", "/nowhere")):
            port = ports[application] = free_port()
            cleanup.callback(stop, start(directory, application, port, path))
        yield Stack(mlscore=ports["mlscore_site.wsgi"], bare=ports["bench.bare"])


def start(directory: Path, application: str, port: int, path: str) -> subprocess.Popen[bytes]:
    """gunicorn with MLScore's own configuration, once it answers anything at `path`."""
    command = [sys.executable, "-m", "gunicorn", "--config", "python:mlscore_site.gunicorn", application]
    log = directory / f"{application}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PORT": str(port)}, stdout=output, stderr=output
        )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                return process
        except HTTPError:
            return process
        except (URLError, OSError):
            time.sleep(0.1)
    stop(process)
    raise RuntimeError(f"{application} did not start:\n{log.read_text(errors='replace')[-4000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and its workers."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
