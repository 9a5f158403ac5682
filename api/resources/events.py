"""Releases and notes on a system's timeline: what clients tell, and how stored ones are shown."""

from __future__ import annotations

from typing import Any

from api.instants import write_instant, write_optional
from api.resources.components import INSTANT, TEXT, optional, record
from api.shapes import Choice, Field, Instant, Record, Schema, Text, WebAddress
from assessments.events import LONGEST_NAME, LONGEST_TEXT, LONGEST_TITLE, Told
from assessments.models import EventKind, SystemEvent

EVENT = Record(
    {
        "kind": Field(Choice(EventKind.values), required=True),
        "title": Field(Text(LONGEST_TITLE, 1, filled=True), required=True),
        "text": Field(Text(LONGEST_TEXT)),
        "at": Field(
            Instant(
                "When it happened. Default: the time of receipt. At most 5 minutes in the future, not before the year 2000."
            )
        ),
        "url": Field(WebAddress()),
        "commit": Field(Text(LONGEST_NAME)),
        "model_version": Field(Text(LONGEST_NAME)),
        "event_id": Field(
            Text(LONGEST_NAME, 1, description="The client's own id: the same again under it is stored once.")
        ),
    }
)
SHOWN: Schema = record(
    {
        "id": {"type": "integer"},
        "system": TEXT,
        "event_id": optional(TEXT),
        "kind": Choice(EventKind.values).schema,
        "title": TEXT,
        "text": optional(TEXT),
        "at": INSTANT,
        "url": optional(TEXT),
        "commit": optional(TEXT),
        "model_version": optional(TEXT),
        "recorded_at": INSTANT,
        "recorded_by": TEXT,
        "voided": {"type": "boolean", "description": "It is listed, and drawn nowhere."},
        "voided_at": optional(INSTANT),
        "voided_by": optional(TEXT),
        "void_reason": optional(TEXT),
    },
    "A release or a note on a system's timeline; null is what was left out. It changes no score.",
)


def told(given: dict[str, Any]) -> Told:
    """What the given fields of an `EVENT` tell."""
    return Told(**{**given, "kind": EventKind(given["kind"])})


def show_event(event: SystemEvent, system: str) -> dict[str, Any]:
    """A stored event; `system` is the slug of its system."""
    return {
        "id": event.pk,
        "system": system,
        "event_id": event.event_id or None,
        "kind": event.kind,
        "title": event.title,
        "text": event.text or None,
        "at": write_instant(event.at),
        "url": event.url or None,
        "commit": event.commit or None,
        "model_version": event.model_version or None,
        "recorded_at": write_instant(event.recorded_at),
        "recorded_by": event.recorded_by,
        "voided": event.voided_at is not None,
        "voided_at": write_optional(event.voided_at),
        "voided_by": event.voided_by or None,
        "void_reason": event.void_reason or None,
    }
