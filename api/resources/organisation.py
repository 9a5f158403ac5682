"""The organisation's settings, and its teams."""

from __future__ import annotations

from typing import Any

from accounts.models import REPEAT_HOURS, REVIEW_INTERVAL_DAYS, WINDOW_DAYS, Credit, Organisation, Team
from api.resources.components import TEXT, record
from api.resources.systems import LONGEST_NAME, SLUG
from api.shapes import Choice, Field, Integer, Null, Record, Schema, Text
from evidence.models import RuleChange

NAME = Text(LONGEST_NAME, 1, filled=True)
CHANGE = Record(
    {
        "name": Field(NAME, null=Null.REFUSED),
        "window_days": Field(Integer(*WINDOW_DAYS), null=Null.REFUSED),
        "repeat_hours": Field(Integer(*REPEAT_HOURS), null=Null.REFUSED),
        "credit": Field(Choice(Credit.values), null=Null.REFUSED),
        "review_interval_days": Field(Integer(*REVIEW_INTERVAL_DAYS), null=Null.REFUSED),
    },
    refused=dict.fromkeys(("slug", "pending"), "It cannot be changed."),
)
TEAM = Record({"name": Field(NAME, required=True), "slug": Field(SLUG)})

SHOWN: Schema = record(
    {
        "name": TEXT,
        "slug": TEXT,
        "window_days": {"type": "integer"},
        "repeat_hours": {"type": "integer"},
        "credit": Choice(Credit.values).schema,
        "review_interval_days": {"type": "integer"},
        "pending": {"type": "object", "description": "Rules of evidence whose change is being prepared."},
    },
    "The tenant, with the rules by which its history is read.",
)
SHOWN_TEAM: Schema = record({"slug": TEXT, "name": TEXT}, "A group of people and systems.")


def show_organisation(organisation: Organisation, pending: RuleChange | None) -> dict[str, Any]:
    """The organisation; `pending` is what it is preparing, for itself or for one of its systems."""
    return {
        "name": organisation.name,
        "slug": organisation.slug,
        "window_days": organisation.window_days,
        "repeat_hours": organisation.repeat_hours,
        "credit": organisation.credit,
        "review_interval_days": organisation.review_interval_days,
        "pending": pending.changes if pending is not None and pending.system_id is None else {},
    }


def show_team(team: Team) -> dict[str, Any]:
    """One team."""
    return {"slug": team.slug, "name": team.name}
