"""Loaded by pytest before Django's settings: gives a test process its own DATA_DIR, its database and its Redis.

`TEST_DATABASE=sqlite` (the default) tries the embedded shape: SQLite, no Redis. `TEST_DATABASE=postgresql` tries the
production shape: the PostgreSQL and the Redis that DATABASE_URL and REDIS_URL name, or else ones started here.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tools.servers import start_postgresql, start_redis

# Set by pytest-xdist: "gw0", "gw1", ... in its workers, and absent in a run without them.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
DATABASE = os.environ.get("TEST_DATABASE", "sqlite")


def scratch_directory() -> Path:
    """A directory for this process, removed when it ends. Others may pass through it: root's PostgreSQL is not root."""
    path = Path(tempfile.mkdtemp(prefix="mlscore-"))
    path.chmod(0o711)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def prepare() -> None:
    """Set the variables that settings.py reads. Workers of one run inherit the servers that their parent started."""
    os.environ["DATA_DIR"] = str(scratch_directory())
    if not WORKER:
        os.environ["TEST_RUN_DIR"] = str(scratch_directory())
    (Path(os.environ["DATA_DIR"]) / "static").mkdir()
    # On PostgreSQL postings remember, as in a server; gunicorn makes a place of its own.
    os.environ["POSTINGS_MEMORY"] = str(Path(os.environ["DATA_DIR"]) / "memory")
    Path(os.environ["POSTINGS_MEMORY"]).mkdir()
    os.environ["LOG_LEVEL"] = "ERROR"
    # Playwright keeps a loop in the thread of the browser tests, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    for name in ("DEBUG", "TLS", "PUBLIC_URL", "TRUSTED_PROXIES", "METRICS_TOKEN", "ALLOWED_HOSTS", "MAIL_URL", "PORT"):
        os.environ.pop(name, None)
    if DATABASE == "sqlite":
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
    elif DATABASE == "postgresql":
        prepare_servers()
    else:
        raise ValueError(f"TEST_DATABASE={DATABASE}: it is sqlite or postgresql")


def prepare_servers() -> None:
    """Name a PostgreSQL and a Redis in the environment; each worker uses a Redis database of its own."""
    if not os.environ.get("DATABASE_URL"):
        server = start_postgresql(scratch_directory(), durable=False)
        atexit.register(server.stop)
        os.environ["DATABASE_URL"] = server.url
    if not os.environ.get("REDIS_URL"):
        server = start_redis(scratch_directory(), durable=False)
        atexit.register(server.stop)
        os.environ["REDIS_URL"] = server.url
    if WORKER:
        base, _, number = os.environ["REDIS_URL"].rpartition("/")
        os.environ["REDIS_URL"] = f"{base}/{int(number or 0) + 1 + int(WORKER.removeprefix('gw'))}"


prepare()
