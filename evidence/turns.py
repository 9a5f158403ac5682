"""Postings to one system take turns, as far as the processes of one server see each other.

Of postings at the same moment only one finds the version that it goes by: without turns the others would have worked in vain.
It is a courtesy and no lock. Who has waited for long goes on, and what it read decides, as it does between servers.
"""

from __future__ import annotations

import fcntl
import os
import time
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


class Turn:
    """To be the only thread of this server's processes that posts to a system, unless that takes LONGEST_WAIT seconds."""

    __slots__ = ("_locked", "_place", "_waited")

    def __init__(self, organisation_id: int, slug: str) -> None:
        self._place = crc32(f"{organisation_id}/{slug}".encode()) % PLACES
        self._waited = self._locked = False

    def __enter__(self) -> None:
        if not settings.POSTINGS_MEMORY:
            return
        until = time.monotonic() + LONGEST_WAIT
        self._waited = _of_threads[self._place].acquire(timeout=LONGEST_WAIT)
        # Locks of a file are those of a process: another thread that went on without its turn has none.
        self._locked = self._waited and _lock(_open_file(), self._place, until)

    def __exit__(self, *_: object) -> None:
        if self._locked:
            fcntl.lockf(_open_file(), fcntl.LOCK_UN, 1, self._place)
        if self._waited:
            _of_threads[self._place].release()


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


def _open_file() -> int:
    return _file(os.getpid(), settings.POSTINGS_MEMORY)


@lru_cache(maxsize=1)
def _file(process: int, directory: str) -> int:
    """The file whose bytes are locked, open as long as the process: closing it would end all of the process's locks."""
    return os.open(Path(directory) / "turns", os.O_CREAT | os.O_RDWR, 0o600)
