"""Reading the activity log: what kind of lines, by whom, on which system; page by page from the newest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import Activity, Membership

PAGE = 50
KINDS = {
    "organisation": "Organisation",
    "rules": "Rules",
    "member": "Members",
    "invitation": "Invitations",
    "team": "Teams",
    "token": "Tokens",
    "keyless": "Keyless publishing",
    "system": "Systems",
    "assessment": "Assessments",
    "session": "Team sessions",
    "result": "Results",
    "event": "Releases and notes",
    "initiative": "Initiatives",
    "mapping": "Mapping rules",
    "webhook": "Webhooks",
    "export": "Exports",
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last line of a page: the next page begins after it. Written `INSTANT_ID`."""

    at: datetime
    pk: int

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """The cursor that `text` writes; None for anything else."""
        instant, _, key = text.rpartition("_")
        try:
            at, pk = datetime.fromisoformat(instant), int(key)
        except ValueError:
            return None
        return cls(at, pk) if at.tzinfo is not None and 0 < pk < 2**63 else None

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.pk}"


def read(
    membership: Membership,
    *,
    kind: str = "",
    person_id: int | None = None,
    system_id: int | None = None,
    after: Cursor | None = None,
) -> tuple[list[Activity], Cursor | None]:
    """One page of lines that match, newest first, and the cursor of the next page (None on the last).

    `kind` is a key of KINDS; an empty filter lets everything through.
    """
    rows = Activity.objects.visible_to(membership).select_related("person", "token", "system")
    if kind:
        rows = rows.filter(action__startswith=f"{kind}.")
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    if system_id is not None:
        rows = rows.filter(system_id=system_id)
    if after is not None:
        rows = rows.filter(Q(at__lt=after.at) | Q(at=after.at, pk__lt=after.pk))
    found = list(rows.order_by("-at", "-pk")[: PAGE + 1])
    page = found[:PAGE]
    return page, Cursor(page[-1].at, page[-1].pk) if len(found) > PAGE else None
