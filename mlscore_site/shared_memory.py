"""A directory that the processes of one server share, in the machine's memory where there is a place for that."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "mlscore-memory-"
LOCK = "lock"
PLACES = (Path("/dev/shm"), Path(tempfile.gettempdir()))  # noqa: S108 - each directory is made for its server alone


def make_directory() -> Path:
    """A directory of this process and those that it forks, empty, that nobody else may enter.

    Those of servers that were killed are removed: nobody holds their lock, which ends with the last of their processes.
    """
    place = next(place for place in PLACES if os.access(place, os.W_OK))
    for left in place.glob(f"{PREFIX}*"):
        _remove_if_left(left)
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    # Stays open as long as the process.
    fcntl.flock(os.open(directory / LOCK, os.O_CREAT | os.O_RDWR, 0o600), fcntl.LOCK_EX)
    return directory


def _remove_if_left(directory: Path) -> None:
    try:
        lock = os.open(directory / LOCK, os.O_RDWR)
    except OSError:
        return  # Somebody else's, or just being made.
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(directory, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(lock)
