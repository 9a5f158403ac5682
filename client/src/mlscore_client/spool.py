"""A directory that keeps what could not be sent, for the next call to send first.

One file a request, named by a growing number: the order of the names is the order of sending. Files appear and vanish as a
whole. A lock makes concurrent callers take turns. What the server refuses goes to `refused/`, with its error.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from mlscore_client.errors import Misconfigured, Refused, Unavailable
from mlscore_client.locking import locked
from mlscore_client.requests import Request

REFUSED = "refused"
SUFFIX = ".json"
OF_THE_TOKEN = frozenset({401, 403})
"""Answers that say nothing about what was sent: another token may still send it."""


@dataclass
class Flushed:
    """What became of a spool: how many were sent, which were set aside and why, and what stops the rest."""

    sent: int = 0
    refused: list[str] = field(default_factory=list)
    stopped: Exception | None = None
    waiting: int = 0


class Spool:
    """The requests that wait in `directory`, which is made when it is not there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Inside, no other caller touches the spool. Raises Misconfigured when the directory cannot be used."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = (self.directory / ".lock").open("a+b")
        except OSError as error:
            raise Misconfigured(f"The spool {self.directory} cannot be used: {error}") from error
        with lock, locked(lock):
            yield

    def names(self) -> list[str]:
        """The files that wait, oldest first."""
        return sorted(path.name for path in self.directory.glob("[0-9]*" + SUFFIX))

    def add(self, request: Request) -> None:
        """Keep a request, after all that wait already; call it in one's turn. Misconfigured when it cannot be written."""
        names = self.names()
        number = int(names[-1][: -len(SUFFIX)]) + 1 if names else 1
        try:
            self._write(self.directory / f"{number:010}{SUFFIX}", request.as_json())
        except OSError as error:
            raise Misconfigured(f"The spool {self.directory} cannot be written: {error}") from error

    def flush(self, send: Callable[[Request], Any]) -> Flushed:
        """Send all that wait, in order, until one gets no answer; call it in one's turn."""
        report = Flushed()
        for name in self.names():
            self._flush_one(name, send, report)
            if report.stopped is not None:
                break
        report.waiting = len(self.names())
        return report

    def _flush_one(self, name: str, send: Callable[[Request], Any], report: Flushed) -> None:
        try:
            send(self._read(name))
        except Refused as error:
            if error.status in OF_THE_TOKEN:
                report.stopped = error
                return
            self._set_aside(name, {"status": error.status, "problem": error.problem})
            report.refused.append(f"{name}: {error}")
        except (Unavailable, Misconfigured) as error:
            report.stopped = error
        except (KeyError, TypeError, ValueError) as error:
            self._set_aside(name, {"detail": f"No spooled request: {error}"})
            report.refused.append(f"{name}: no spooled request")
        else:
            (self.directory / name).unlink()
            report.sent += 1

    def _read(self, name: str) -> Request:
        return Request.of_json(json.loads((self.directory / name).read_text(encoding="utf-8")))

    def _set_aside(self, name: str, error: dict[str, Any]) -> None:
        """Move a file to `refused/`, together with why it is there."""
        text = (self.directory / name).read_text(encoding="utf-8", errors="replace")
        try:
            stored = json.loads(text)
        except ValueError:
            stored = {"text": text}
        (self.directory / REFUSED).mkdir(exist_ok=True)
        taken = self.directory / REFUSED / name
        # Numbers start again when the spool is empty: keep what an earlier one left.
        copies = (taken.with_name(f"{taken.stem}-{count}{SUFFIX}") for count in range(2, 1_000_000))
        target = taken if not taken.exists() else next(path for path in copies if not path.exists())
        self._write(target, {**stored, "error": error} if isinstance(stored, dict) else {"text": text, "error": error})
        (self.directory / name).unlink()

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        """Write a file that is there wholly or not at all, readable by its owner alone."""
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
