"""What the page of a system's timeline reads: a page of all that happened, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assessments.models import Assessment, System
from rubric.timeline import Point, timeline
from scores.facts import load_facts
from scores.marks import KINDS, Event, EventKind, events, told_of
from scores.reading import LAST
from scores.recounting import FIRST
from scores.trends import first_fact

PAGE = 50
LAST_PAGE = 200


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some of what happened, newest first, whether there is more, and the history of the score behind it."""

    events: Sequence[Event]
    more: bool
    points: Sequence[Point]


def read_timeline(system: System, now: datetime, kind: EventKind | None, number: int) -> TimelinePage:
    """The page of this number, from 1 to LAST_PAGE, of what happened to a system that `system_of` found, in four queries.

    Of one kind, or of all. Voided releases and notes are among them.
    """
    wanted = PAGE * number + 1
    finals = list(Assessment.objects.final().filter(system=system))
    facts = load_facts([system], FIRST, LAST, finals=finals)[system.pk]
    told = told_of(system, now, wanted, KINDS if kind is None else [kind.value])
    found = events(facts, finals, told, now)
    newest = [event for event in reversed(found) if kind is None or event.kind is kind][:wanted]
    since = first_fact(facts, system.first_run_at)
    points = () if since is None else timeline(facts, since, now)
    return TimelinePage(newest[wanted - PAGE - 1 : wanted - 1], len(newest) == wanted, points)
