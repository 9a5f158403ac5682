"""What a tool's report says, whatever its format: its checks, and what could not be kept. Plain values, no Django."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ReportError(ValueError):
    """The body is not what its format says. The text is for people and names the fault."""


class Status(StrEnum):
    """How a check ended, from the worst down: of several entries of one check, the one named first here counts."""

    FAILED = "failed"
    ERROR = "error"
    PASSED = "passed"
    SKIPPED = "skipped"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _RANKS[self]


_RANKS = {status: rank for rank, status in enumerate(Status)}


@dataclass(frozen=True, slots=True)
class ReportedCheck:
    """One entry of a report.

    `name` is the check's full name, of 1 to 300 characters, which mapping rules match. `observed_at` is aware and in
    UTC, or None where the report gives no instant with an offset. `metrics` are finite. `key` is the key of the test
    that the entry itself names, or None.
    """

    name: str
    status: Status
    observed_at: datetime | None = None
    message: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report as read: `format` by its public name, `checks` in the order of the file, unfolded."""

    format: str
    checks: tuple[ReportedCheck, ...]
    warnings: tuple[str, ...] = ()


def fold(checks: Iterable[ReportedCheck]) -> tuple[ReportedCheck, ...]:
    """The entries of each check as one, in the order in which the names first appear.

    The worst status counts, with the message of the first entry of that status that has one. The time is the earliest
    that any entry gives, as a run's is. Metrics are merged; where two entries measure the same, the worse entry's
    value stays, then the earlier one's. The key is that of the first entry that carries one.
    """
    entries: dict[str, list[ReportedCheck]] = {}
    for check in checks:
        entries.setdefault(check.name, []).append(check)
    return tuple(_as_one(same) if len(same) > 1 else same[0] for same in entries.values())


def _as_one(entries: list[ReportedCheck]) -> ReportedCheck:
    worst_first = sorted(entries, key=lambda entry: entry.status.rank)
    status = worst_first[0].status
    metrics: dict[str, float] = {}
    for entry in reversed(worst_first):
        metrics.update(entry.metrics)
    return ReportedCheck(
        name=entries[0].name,
        status=status,
        observed_at=min((entry.observed_at for entry in entries if entry.observed_at), default=None),
        message=next((entry.message for entry in worst_first if entry.status == status and entry.message), ""),
        metrics=metrics,
        key=next((entry.key for entry in entries if entry.key), None),
    )
