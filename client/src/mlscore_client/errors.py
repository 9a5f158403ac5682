"""What can go wrong between a pipeline and the server."""

from __future__ import annotations

from typing import Any


class MlscoreError(Exception):
    """Anything this client raises by intention."""


class Misconfigured(MlscoreError):
    """The client was not told what it needs, or was told nonsense; nothing was sent."""


class Unavailable(MlscoreError):
    """The server gave no answer, or no usable one, however often it was asked: an outage, not the caller's fault."""


class Refused(MlscoreError):
    """The server answered 4xx: the request is at fault, and the same again would be refused again."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.problem = problem
        self.faults = [fault for fault in problem.get("errors") or [] if isinstance(fault, dict)]
        super().__init__("\n".join(self._lines()))

    def _lines(self) -> list[str]:
        """The problem in words: its detail, then each field at fault."""
        summary = self.problem.get("detail") or self.problem.get("title") or "refused without a reason"
        lines = [f"{self.status}: {summary}"]
        for fault in self.faults:
            where = fault.get("pointer") or fault.get("parameter") or "(the request)"
            if where == "(the request)" and fault.get("detail") == summary:
                continue
            lines.append(f"  {where}: {fault.get('detail', '')}")
        return lines
