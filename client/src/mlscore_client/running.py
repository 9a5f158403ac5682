"""Any command as a check: how it ended and how long it took."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

NOT_EXECUTABLE, NOT_FOUND, BY_SIGNAL = 126, 127, 128
SIGNALS = 64
"""Codes beyond 128 + this are a command's own: `exit -1` is 255."""


@dataclass(frozen=True)
class Outcome:
    """`code` as a shell would tell it: 128 + n for a command that signal n ended. `trouble`: why it could not be run."""

    code: int
    seconds: float
    trouble: str = ""

    @property
    def status(self) -> str:
        """Passed, failed, or error for a command that could not be run or was killed: it judged nothing."""
        if self.code == 0:
            return "passed"
        killed = BY_SIGNAL < self.code <= BY_SIGNAL + SIGNALS
        return "error" if self.code in (NOT_EXECUTABLE, NOT_FOUND) or killed else "failed"

    @property
    def message(self) -> str:
        return self.trouble or f"exit code {self.code} after {self.seconds:.1f} s"


def run(argv: Sequence[str]) -> Outcome:
    """Run a command with this process's input, output and environment, and wait for it."""
    start = time.monotonic()
    try:
        process = subprocess.Popen(argv)
    except OSError as error:
        code = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
        return Outcome(code, time.monotonic() - start, f"{argv[0]} could not be run: {error.strerror or error}")
    with _passing_signals_to(process):
        code = process.wait()
    return Outcome(code if code >= 0 else BY_SIGNAL - code, time.monotonic() - start)


@contextmanager
def _passing_signals_to(process: subprocess.Popen[Any]) -> Iterator[None]:
    """Inside, what asks us to end asks the command instead, so that its end is still reported.

    A terminal's Ctrl-C reaches the command by itself.
    """

    def forward(number: int, frame: FrameType | None) -> None:
        process.send_signal(number)

    handlers: dict[int, Any] = {signal.SIGTERM: forward, signal.SIGINT: lambda number, frame: None}
    kept = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
