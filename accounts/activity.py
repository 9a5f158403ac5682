"""The activity log: every operation that changes rules, rights or claims writes one line in its own transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.actors import Actor
from accounts.models import Activity


def record(
    *,
    actor: Actor,
    at: datetime,
    action: str,
    summary: str,
    system_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> Activity:
    """Append one line.

    `action` is a dotted key such as `organisation.rules`; `details` holds JSON values, `{"changes": {field: [old, new]}}`
    for changes. `at` is an aware datetime. Call it inside the transaction of what it tells of.
    """
    return Activity.objects.create(
        organisation=actor.organisation,
        system_id=system_id,
        at=at,
        person=actor.person,
        token=actor.token,
        action=action,
        summary=summary[:400],
        details=details or {},
    )
