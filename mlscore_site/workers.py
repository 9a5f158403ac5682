"""Server processes that share their connections evenly.

All processes of a server wait for connections at one socket, and whichever wakes first takes them. Connections that stay
open, such as those of a reverse proxy, often all end with one process: the others idle, however much that one has to do.
"""

from __future__ import annotations

import mmap
import socket
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# By how much a process that holds fewer connections is let go first, in seconds: it wakes within a tenth of that.
HEAD_START = 0.001
PLACES = 256


class Held:
    """How many connections each process of a server holds, in memory that all of them see.

    Made before the processes are. A process is known by its number (gunicorn calls it the worker's age); there may be PLACES.
    """

    def __init__(self) -> None:
        self._places = memoryview(mmap.mmap(-1, 4 * PLACES)).cast("i")

    def tell(self, number: int, connections: int) -> None:
        self._places[number % PLACES] = connections + 1

    def forget(self, number: int) -> None:
        """The process has ended."""
        self._places[number % PLACES] = 0

    def least(self) -> int:
        """What the process with the fewest connections holds; 0 without any process."""
        return min((place for place in self._places if place), default=1) - 1


held = Held()


class EvenWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads, which lets others take a new connection that hold fewer."""

    @property
    def nr_conns(self) -> int:
        """What gunicorn counts: the connections that this process holds, idle ones too."""
        return self._connections

    @nr_conns.setter
    def nr_conns(self, connections: int) -> None:
        self._connections = connections
        held.tell(self.age, connections)

    def accept(self, listener: socket.socket) -> Any:
        """Take a connection, unless another process has meanwhile."""
        if self._connections > held.least():
            time.sleep(HEAD_START)
        return super().accept(listener)
