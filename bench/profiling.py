"""Where the time of a posting goes: through the whole of Django inside one process, without gunicorn and sockets."""

from __future__ import annotations

import cProfile
import logging
import pstats
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connection
from django.test import Client

from bench.bodies import batch, single
from bench.data import Made
from bench.report import say

POSTS = 300
SHOWN = 35


def profile(made: Made) -> None:
    """Post one by one; print time, statements and the functions that took longest, for both kinds of posting."""
    # A line for each request would bury the figures.
    logging.disable(logging.INFO)
    slugs = made.slugs["bench-12"]
    for kind, bodies in (
        ("1 result", [single(slugs, number) for number in range(len(slugs) * 7)]),
        ("28 results", [batch(slug) for slug in slugs]),
    ):
        texts = [bodies[n % len(bodies)].replace("@number@", str(n)) for n in range(2 * POSTS + 2)]
        _post(made, texts[:2])
        statements: list[tuple[float, str]] = []
        with connection.execute_wrapper(partial(_timed, statements)):
            _post(made, texts[2:3])
        start, computing = time.perf_counter(), time.process_time()
        _post(made, texts[3 : POSTS + 3])
        each, own = (1000 * spent / POSTS for spent in (time.perf_counter() - start, time.process_time() - computing))
        say(f"\n## A POST of {kind}: {each:.2f} ms, {own:.2f} of them computing in this process\n")
        say(f"{len(statements)} statements:\n")
        for milliseconds, sql in statements:
            say(f"  {milliseconds:6.2f} ms  {sql[:150]}")
        profiler = cProfile.Profile()
        profiler.runcall(_post, made, texts[POSTS + 3 :])
        statistics = pstats.Stats(profiler, stream=sys.stdout)
        statistics.sort_stats("tottime").print_stats(SHOWN)
        statistics.sort_stats("cumulative").print_stats(SHOWN)


def _timed(statements: list[tuple[float, str]], execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    """Execute a statement, and note how long it took."""
    start = time.perf_counter()
    answer = execute(sql, *rest)
    statements.append((1000 * (time.perf_counter() - start), sql))
    return answer


def _post(made: Made, bodies: list[str]) -> None:
    client = Client(headers={"Authorization": f"Bearer {made.secret}", "Host": "127.0.0.1"})
    for body in bodies:
        answer = client.post("/api/v1/results/", body, content_type="application/json")
        assert answer.status_code == 201, answer.content
