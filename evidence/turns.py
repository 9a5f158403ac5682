"""Postings to one system take turns, as far as the processes of one server see each other.

Of postings at the same moment only one finds the version that it goes by: without turns the others would have worked in vain.
It is a courtesy and no lock. Who has waited for long goes on, and what it read decides, as it does between servers.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from zlib import crc32

from django.conf import settings

LONGEST_WAIT = 0.25
SHORTEST_PAUSE, LONGEST_PAUSE = 0.0002, 0.002
# Systems that share one of these wait for each other.
PLACES = 1024
_of_threads = [Lock() for _ in range(PLACES)]


@contextmanager
def turn(organisation_id: int, slug: str) -> Iterator[None]:
    """Be the only thread of this server's processes that posts to a system, unless that takes LONGEST_WAIT seconds."""
    if not settings.POSTINGS_MEMORY:
        yield
        return
    place = crc32(f"{organisation_id}/{slug}".encode()) % PLACES
    until = time.monotonic() + LONGEST_WAIT
    lock = _of_threads[place]
    if not lock.acquire(timeout=LONGEST_WAIT):
        yield
        return
    file = _file(os.getpid(), settings.POSTINGS_MEMORY)
    # Locks of a file are those of a process: another thread that went on without its turn has none.
    locked = _lock(file, place, until)
    try:
        yield
    finally:
        if locked:
            fcntl.lockf(file, fcntl.LOCK_UN, 1, place)
        lock.release()


def _lock(file: int, place: int, until: float) -> bool:
    """Keep other processes from a place; False if one of them keeps it until then (by the monotonic clock)."""
    pause = SHORTEST_PAUSE
    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            return True
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


@lru_cache(maxsize=1)
def _file(process: int, directory: str) -> int:
    """The file whose bytes are locked, open as long as the process: closing it would end all of the process's locks."""
    return os.open(Path(directory) / "turns", os.O_CREAT | os.O_RDWR, 0o600)
