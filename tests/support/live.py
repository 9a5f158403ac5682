"""A real server for a test: gunicorn in a process of its own, with a database and a DATA_DIR of its own."""

import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import psycopg
from django.db import connections
from psycopg import sql

from tests.support.environment import DATABASE, scratch_directory
from tools.servers import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
templates: dict[str, str] = {}


@dataclass
class Live:
    """A server that runs until `stop`; `manage` and `orm` reach its data from outside, as an operator would."""

    url: str
    data_dir: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def log(self) -> str:
        """What the server and its companions wrote."""
        return (self.data_dir / "log").read_text(encoding="utf-8", errors="replace")

    def manage(self, *arguments: str) -> str:
        """Run a management command on the server's data; its standard output. CalledProcessError when it fails."""
        command = [sys.executable, "manage.py", *arguments]
        run = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True)
        return run.stdout

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a companion process (`-m celery ...`, `manage.py work`) under our Python, with the server's settings."""
        with (self.data_dir / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self.processes.append(process)
        return process

    def start_celery(self) -> subprocess.Popen[bytes]:
        """Start a Celery worker with beat inside; the environment must have a REDIS_URL."""
        return self.start("-m", "celery", "-A", "mlscore_site", "worker", "--beat", "--concurrency", "1")

    @contextmanager
    def orm(self) -> Iterator[None]:
        """Inside, this process's own Django works on the server's database: prepare and look at data with it."""
        connection = connections["default"]
        connection.close()
        kept = connection.settings_dict
        connection.settings_dict = {**kept, **database_settings(self.environment["DATABASE_URL"])}
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict = kept

    def stop(self) -> None:
        """End the server and all companions."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def start_live(**variables: str) -> Live:
    """A server that answers, on an empty, migrated database; `variables` are added to its environment."""
    data_dir, port = scratch_directory(), free_port()
    environment = {**os.environ, "DATA_DIR": str(data_dir), "PORT": str(port), "LOG_LEVEL": "WARNING"}
    environment |= {"DATABASE_URL": fresh_database(data_dir), "STATIC_ROOT": static_root(), "PYTHONUNBUFFERED": "1"}
    live = Live(f"http://localhost:{port}", data_dir, environment | variables)
    process = live.start("-m", "gunicorn", "--config", "python:mlscore_site.gunicorn", "mlscore_site.wsgi")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return live
        except (URLError, OSError):
            time.sleep(0.05)
    live.stop()
    raise RuntimeError(f"The server did not start:\n{live.log}")


def database_settings(url: str) -> dict[str, str | int]:
    """The entries of Django's database settings in which databases of one test run differ."""
    parts = urlsplit(url)
    return {"NAME": parts.path.lstrip("/") if DATABASE == "postgresql" else parts.path.removeprefix("/")}


def fresh_database(directory: Path) -> str:
    """The URL of a new copy of the migrated database."""
    if DATABASE == "sqlite":
        shutil.copyfile(migrated_database(), directory / "mlscore.sqlite3")
        return f"sqlite:///{directory}/mlscore.sqlite3"
    return f"{postgresql()}/{create_database(postgresql(), migrated_database())}"


def migrated_database() -> str:
    """The file or the PostgreSQL name of an empty database that was migrated once for all workers of this run."""
    directory = Path(os.environ["TEST_RUN_DIR"])
    known = directory / "migrated"
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            if DATABASE == "sqlite":
                name = str(directory / "migrated.sqlite3")
                migrate(f"sqlite:///{name}")
            else:
                name = create_database(postgresql(), None)
                migrate(f"{postgresql()}/{name}")
            known.write_text(name, encoding="utf-8")
    return known.read_text(encoding="utf-8")


def postgresql() -> str:
    """The URL of the run's PostgreSQL, without a database."""
    return os.environ["DATABASE_URL"].rpartition("/")[0]


def create_database(server: str, template: str | None) -> str:
    """Create a PostgreSQL database under a name of its own, a copy of `template`; returns the name."""
    name = f"live_{secrets.token_hex(6)}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template or "template0")
    )
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(statement)
    return name


def migrate(url: str) -> None:
    """Migrate a database from outside this process, so that no connection to it stays open."""
    environment = {**os.environ, "DATABASE_URL": url}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    if url.startswith("sqlite"):
        # One file, without a journal beside it, so that it can be copied.
        import sqlite3

        with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def static_root() -> str:
    """Static files collected for this process, from a store that is kept, since compressing them takes long."""
    if "static" not in templates:
        store, copy = ROOT / "var" / "test-static", scratch_directory() / "static"
        store.mkdir(parents=True, exist_ok=True)
        with (ROOT / "var" / "test-static.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
            subprocess.run(command, cwd=ROOT, env={**os.environ, "STATIC_ROOT": str(store)}, check=True)
            shutil.copytree(store, copy)
        templates["static"] = str(copy)
    return templates["static"]
