"""Telling what happened to a system: releases and notes, which its timeline shows and no score counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Invalid
from assessments.instants import within_reason
from assessments.models import EventKind, System, SystemEvent

LONGEST_TITLE = 200
LONGEST_TEXT = 2000
LONGEST_NAME = 200
"""An event's own id, its commit and its model version."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a client tells of an event; `at` (aware) is None where it left that open, texts are '' likewise."""

    kind: EventKind
    title: str
    text: str = ""
    at: datetime | None = None
    url: str = ""
    commit: str = ""
    model_version: str = ""
    event_id: str = ""


def record_event(*, actor: Actor, system: System, told: Told, at: datetime) -> tuple[SystemEvent, bool]:
    """Put an event on the system's timeline, received at `at`, which is also when it happened unless it says otherwise.

    Answers it, and whether it was new: the same again under the same `event_id` changes nothing. Raises Invalid for an
    instant before 2000 or more than five minutes in the future, Conflict for other content under a known `event_id`.
    """
    if told.at is not None and not within_reason(told.at, at):
        raise Invalid(FieldFault(("at",), "At most 5 minutes in the future, and not before the year 2000."))
    known = _known(system, told)
    if known is not None:
        return known, False
    try:
        return _create(actor, system, told, at), True
    except IntegrityError:
        # The same event_id arrived at the same time.
        known = _known(system, told)
        if known is None:
            raise
        return known, False


@transaction.atomic
def void_event(*, actor: Actor, event_id: int, reason: str, at: datetime) -> SystemEvent:
    """Void an event of the actor's organisation: it stays in the list, marked, and is drawn nowhere.

    `event_id` is its key in the database, `reason` is not empty. Raises SystemEvent.DoesNotExist, and Conflict when it is
    voided already.
    """
    events = SystemEvent.objects.select_for_update(of=("self",))
    event = events.get(pk=event_id, system__organisation=actor.organisation)
    if event.voided_at is not None:
        raise Conflict("This event is voided already.")
    event.voided_at, event.voided_by, event.void_reason = at, actor.label, reason
    event.save(update_fields=["voided_at", "voided_by", "void_reason"])
    activity.record(
        actor=actor,
        at=at,
        action="event.voided",
        summary=f"Voided the {event.kind} {event.title}",
        system_id=event.system_id,
        details={"event": event.pk, "reason": reason},
    )
    return event


@transaction.atomic
def _create(actor: Actor, system: System, told: Told, at: datetime) -> SystemEvent:
    event = SystemEvent.objects.create(
        system=system,
        event_id=told.event_id,
        kind=told.kind,
        title=told.title,
        text=told.text,
        at=told.at or at,
        url=told.url,
        commit=told.commit,
        model_version=told.model_version,
        recorded_at=at,
        recorded_by=actor.label,
    )
    activity.record(
        actor=actor,
        at=at,
        action="event.recorded",
        summary=f"Recorded the {event.kind} {event.title}",
        system_id=system.pk,
        details={"event": event.pk},
    )
    return event


def _known(system: System, told: Told) -> SystemEvent | None:
    """The stored event of this `event_id`. Raises Conflict when its content is another."""
    if not told.event_id:
        return None
    event = SystemEvent.objects.filter(system=system, event_id=told.event_id).first()
    if event is None:
        return None
    same = Told(
        kind=EventKind(event.kind),
        title=event.title,
        text=event.text,
        at=None if told.at is None else event.at,
        url=event.url,
        commit=event.commit,
        model_version=event.model_version,
        event_id=event.event_id,
    )
    if same != told:
        raise Conflict(
            "An event of the same event_id has other content.",
            FieldFault(("event_id",), "Another event bears this id."),
        )
    return event
