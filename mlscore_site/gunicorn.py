"""gunicorn's configuration: `gunicorn --config python:mlscore_site.gunicorn mlscore_site.wsgi`."""

import gc
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import environ

from mlscore_site.logs import logging_config
from mlscore_site.shared_memory import make_directory
from mlscore_site.workers import held

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

env = environ.Env()

# The address that the server listens on: the loopback interface, unless told otherwise.
bind = f"{env.str('BIND', default='127.0.0.1')}:{env.int('PORT', default=8000)}"
# Server processes. One suits SQLite, which has one writer at a time.
workers = env.int("WEB_WORKERS", default=1)
# Requests that each process answers at the same time.
threads = env.int("WEB_THREADS", default=8)
worker_class = "mlscore_site.workers.EvenWorker" if workers > 1 else "gthread"
# The longest request line: filters by name may take 300 characters, of up to 12 bytes each in an address.
limit_request_line = 8190
# For how many seconds a request may keep a process silent before it is replaced.
timeout = env.int("WEB_TIMEOUT", default=60)
graceful_timeout = 10
keepalive = 15
# Forwarded headers are TrustedProxies' business alone, so gunicorn believes nobody.
forwarded_allow_ips = ""
control_socket_disable = True
loglevel = env.str("LOG_LEVEL", default="INFO").lower()
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a heartbeat file without a name

# RequestLog writes a line for each request; gunicorn's own access log stays off.
logconfig_dict = logging_config(env.str("LOG_LEVEL", default="INFO"))
logconfig_dict["loggers"] |= {"gunicorn.error": {"propagate": True}, "gunicorn.access": {"propagate": False}}


def on_starting(server: "Arbiter") -> None:
    """Give the processes to come a place in which they remember together what was posted."""
    os.environ["POSTINGS_MEMORY"] = str(make_directory())


def on_exit(server: "Arbiter") -> None:
    """Leave nothing behind."""
    shutil.rmtree(os.environ.pop("POSTINGS_MEMORY"), ignore_errors=True)


if workers > 1 and env.str("METRICS_TOKEN", default=""):
    # Each process counts in files of its own; /metrics adds them up.
    counters = Path(env.str("DATA_DIR", default="var")).resolve() / "metrics"
    shutil.rmtree(counters, ignore_errors=True)
    counters.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counters)


def post_worker_init(worker: "Worker") -> None:
    spare_collector()


def spare_collector() -> None:
    """Spare the collector what was loaded: it stays as long as the process, and looking through it finds nothing.

    A request leaves hardly any cycles behind, so looking for them some times in a request is too often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def child_exit(server: "Arbiter", worker: "Worker") -> None:
    """Count the connections of an ended process no more, and take its gauges out of the metrics; its counts stay."""
    held.forget(worker.age)
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
