"""Postings to a real server that is killed in the midst of them: what was acknowledged is there, once."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import psutil
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Organisation, Scope
from accounts.tokens import create_token
from assessments.systems import create_system
from evidence.models import Result, Run
from tests.support.environment import DATABASE
from tests.support.live import ROOT, Live

GUNICORN = ("-m", "gunicorn", "--config", "python:mlscore_site.gunicorn", "mlscore_site.wsgi")
POSTINGS = 1000 if DATABASE == "postgresql" else 200
CLIENTS = 8
WORKER_DIES, SERVER_DIES = POSTINGS // 5, (2 * POSTINGS // 5, 4 * POSTINGS // 5)
SYSTEMS = ("alpha", "beta", "gamma")
TEST = "model-6"
PATIENCE = timedelta(minutes=2)


class Pipelines:
    """Clients that post each body until it is acknowledged; `acknowledged` holds the run ids, in order."""

    def __init__(self, address: str, secret: str) -> None:
        self.netloc = urlsplit(address).netloc
        self.headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        self.acknowledged: list[str] = []
        self.accepted = 0
        self.lost = 0
        self._lock = threading.Lock()
        self._local = threading.local()

    def post(self, number: int) -> None:
        body = posting(number)
        ends = time.monotonic() + PATIENCE.total_seconds()
        while time.monotonic() < ends:
            try:
                status, answer = self._ask(body)
            except (OSError, http.client.HTTPException):
                with self._lock:
                    self.lost += 1
                time.sleep(0.02)
                continue
            assert status in (200, 201), answer
            with self._lock:
                self.acknowledged.append(f"run {number}")
                self.accepted += answer["accepted"]
            return
        raise AssertionError(f"no answer to posting {number}")

    def wait_for(self, count: int) -> None:
        """Return once so many postings were acknowledged."""
        ends = time.monotonic() + PATIENCE.total_seconds()
        while len(self.acknowledged) < count:
            assert time.monotonic() < ends, f"{len(self.acknowledged)} of {count} postings were acknowledged"
            time.sleep(0.001)

    def _ask(self, body: str) -> tuple[int, dict[str, int]]:
        """One attempt, over this thread's connection; a broken one is replaced by the next attempt."""
        connection = getattr(self._local, "connection", None) or http.client.HTTPConnection(self.netloc, timeout=30)
        self._local.connection = None
        connection.request("POST", "/api/v1/results/", body, self.headers)
        answer = connection.getresponse()
        found = answer.status, json.loads(answer.read())
        self._local.connection = connection
        return found


def posting(number: int) -> str:
    """A result of a run of its own; the instants of a system's runs come out of order."""
    at = timezone.now().replace(year=2026, month=1, day=1 + number * 7 % 28, hour=number % 24, minute=0, second=0)
    result = {
        "system": SYSTEMS[number % len(SYSTEMS)],
        "test": TEST,
        "run_id": f"run {number}",
        "observed_at": at.replace(microsecond=number).isoformat(),
        "status": "passed",
    }
    return json.dumps(result)


class Server:
    """gunicorn in a process group of its own, on the data of a live server that runs no more."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.start()

    def start(self) -> None:
        with (self.live.data_dir / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *GUNICORN], cwd=ROOT, env=self.live.environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """SIGKILL to the server and all its workers."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_again_and_again(self, pipelines: Pipelines) -> None:
        """Kill a worker, then twice the whole server, whenever so many postings were acknowledged."""
        pipelines.wait_for(WORKER_DIES)
        psutil.Process(self.process.pid).children()[0].kill()
        for count in SERVER_DIES:
            pipelines.wait_for(count)
            self.kill()
            self.start()


def test_no_acknowledged_result_is_lost_and_none_is_doubled(live: Live) -> None:
    live.stop()
    with live.orm():
        organisation = Organisation.objects.create(name="Acme", slug="acme")
        actor = Actor(organisation)
        for slug in SYSTEMS:
            create_system(actor=actor, at=timezone.now(), name=slug, slug=slug)
        scopes = [Scope.RESULTS_WRITE]
        _, secret = create_token(
            actor=actor, name="ci", scopes=scopes, system_id=None, expires_at=None, at=timezone.now()
        )
    live.environment |= {"WEB_WORKERS": "2", "API_RATE": "1000000"}
    server = Server(live)
    pipelines = Pipelines(live.url, secret)
    try:
        with ThreadPoolExecutor(CLIENTS + 1) as threads:
            killer = threads.submit(server.kill_again_and_again, pipelines)
            for done in [threads.submit(pipelines.post, number) for number in range(POSTINGS)]:
                done.result()
            killer.result()
    finally:
        server.kill()
    assert pipelines.lost >= len(SERVER_DIES), "some were under way when the server was killed"
    assert sorted(pipelines.acknowledged) == sorted(f"run {number}" for number in range(POSTINGS))
    assert pipelines.accepted <= POSTINGS, "a result whose answer got lost comes back as a duplicate"
    with live.orm():
        stored = sorted(Result.objects.values_list("check_of__test", "run_id"))
        runs = sorted(Run.objects.values_list("test", "run_id"))
    expected = sorted((TEST, f"run {number}") for number in range(POSTINGS))
    assert stored == expected
    assert runs == expected
    assert "0 disagreements" in live.manage("rebuild_spans", "--check")
