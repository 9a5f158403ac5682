"""How many exports a server process streams at once: each takes one of its threads for as long as it is read."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Generator, Iterator
from http import HTTPStatus
from threading import RLock

from django.conf import settings

WAIT_SECONDS = 30
"""When it is worth asking again: exports take seconds to minutes."""


class TooManyExports(Exception):
    """There is no place for one more export; `status` says whose doing that is, the message says it in a sentence."""

    def __init__(self, detail: str, status: HTTPStatus) -> None:
        super().__init__(detail)
        self.status = status


class Slots:
    """The exports that are under way in this process, by organisation."""

    def __init__(self) -> None:
        # Taken again by the thread that has it, where memory is reclaimed meanwhile and an export is among it.
        self._lock = RLock()
        self._taken: Counter[int] = Counter()

    def take(self, organisation_id: int) -> None:
        """Count one more export. Raises TooManyExports; one place is always left for other organisations."""
        most = settings.EXPORTS_AT_ONCE
        own = max(1, most - 1)
        with self._lock:
            if self._taken[organisation_id] >= own:
                raise TooManyExports(
                    "Exports of this organisation are being downloaded already. Wait until one of them has ended.",
                    HTTPStatus.TOO_MANY_REQUESTS,
                )
            if self._taken.total() >= most:
                raise TooManyExports(
                    "This server is handing out as many exports as it can. Wait until one of them has ended.",
                    HTTPStatus.SERVICE_UNAVAILABLE,
                )
            self._taken[organisation_id] += 1

    def give_back(self, organisation_id: int) -> None:
        """One export less."""
        with self._lock:
            self._taken[organisation_id] -= 1
            if not self._taken[organisation_id]:
                del self._taken[organisation_id]


SLOTS = Slots()


class Streamed(Iterator[bytes]):
    """The pieces of an export, which take a place until they are read to the end, closed, or forgotten.

    Raises TooManyExports when there is none.
    """

    def __init__(self, pieces: Generator[bytes], organisation_id: int) -> None:
        SLOTS.take(organisation_id)
        self._give_back = weakref.finalize(self, SLOTS.give_back, organisation_id)
        self._pieces = pieces

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            # Before the answer's end is sent, so that whoever has read it finds the place free.
            self._give_back()
            raise

    def close(self) -> None:
        """Called by Django when the answer is over, or the client is gone."""
        try:
            self._pieces.close()
        finally:
            self._give_back()
