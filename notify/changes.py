"""Facts that may be worth telling, handed over by rooms above in the transaction that records them.

What follows from them (who is to be told, whether a band changed) is found out by a worker, not by whoever waits for an
answer: a fact writes one row at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notify.models import Message, moment
from notify.outbox import enqueue

SYSTEM = "system"
MOST_NAMES = 50


@dataclass(frozen=True, slots=True)
class SystemChange:
    """A system of which something changed at `at` (aware): its level, or the health of checks, by their names."""

    organisation_id: int
    system_id: int
    at: datetime
    failing: Sequence[str] = ()
    recovered: Sequence[str] = ()


def system_changed(*changes: SystemChange) -> None:
    """Write these changes down for a worker, in one statement. Call it in the transaction of the fact."""
    enqueue(
        [
            Message(
                kind=SYSTEM,
                organisation_id=change.organisation_id,
                payload={
                    "system": change.system_id,
                    "at": moment(change.at),
                    "failing": _names(change.failing),
                    "recovered": _names(change.recovered),
                },
                created_at=change.at,
                due_at=change.at,
            )
            for change in changes
        ]
    )


def _names(checks: Sequence[str]) -> dict[str, object]:
    """How many checks there are, and the first of their names."""
    return {"count": len(checks), "names": sorted(checks)[:MOST_NAMES]}
