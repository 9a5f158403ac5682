"""What a posting of a thousand is compared with: psycopg's executemany of as many rows, each thousand in a commit."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg

ROWS = 1000
# A table like that of results, with its indexes and without its keys to other tables.
TABLE = "CREATE TABLE bare_result (LIKE evidence_result INCLUDING ALL)"
INSERT = (
    "INSERT INTO bare_result (system_id, check_id, run_id, status, observed_at, received_at, message, url, commit, branch,"
    " pipeline, model_version, dataset_version, metrics, token_id, voided_by, void_reason)"
    " VALUES (%s, %s, %s, 'passed', now(), now(), '', %s, %s, 'main', '', '', '', %s, 1, '', '')"
)


def run(*, url: str, connections: int, seconds: float, most: int) -> dict[str, Any]:
    """Insert thousands over several connections until time or count runs out; answers as `bench.client.Load.run`."""
    times: list[float] = []
    lock = threading.Lock()
    deadline = time.perf_counter() + seconds
    began = time.time_ns()

    def insert(connection: psycopg.Connection[Any], number: int) -> None:
        with connection:
            while time.perf_counter() < deadline and len(times) < most:
                number += connections
                rows = [
                    (
                        number % 12,
                        each % 28,
                        f"{began}-{number}-{each}",
                        "https://ci.example.org/runs/4711",
                        "5f1c31",
                        "{}",
                    )
                    for each in range(ROWS)
                ]
                start = time.perf_counter()
                with connection.transaction():
                    connection.cursor().executemany(INSERT, rows)
                with lock:
                    times.append(time.perf_counter() - start)

    opened = [psycopg.connect(url, autocommit=True) for _ in range(connections)]
    threads = [threading.Thread(target=insert, args=(each, number)) for number, each in enumerate(opened)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - start
    return {"requests": len(times), "seconds": elapsed, "ms": [1000 * each for each in sorted(times)]}
