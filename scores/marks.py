"""What happened to a system besides changes of its score: what charts mark, each with its instant and a text."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import DateTimeField, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from accounts.compiled import compiled
from accounts.models import Activity
from assessments.models import Assessment, System, SystemEvent
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.timeline import EvidenceSpan, Facts


class EventKind(StrEnum):
    """Kinds of what a chart marks."""

    ASSESSMENT = "assessment"
    LAPSE = "lapse"
    RULES = "rules"
    EDITION = "edition"
    VOID = "void"
    RELEASE = "release"
    NOTE = "note"


RULES = ("rules.changed",)
VOIDS = ("result.voided", "assessment.voided")
POLICY = "target_score"
"""The field of a system that is its policy for every pipeline."""
KINDS = (EventKind.RELEASE.value, EventKind.NOTE.value)
MOST_TOLD = 300
"""So many of the newest releases and notes a chart marks."""
_LOG, _EVENT = 0, 1
_TOLD = ("text", "url", "commit", "model_version", "recorded_by", "voided_at", "voided_by", "void_reason")


@dataclass(frozen=True, slots=True)
class Lapse:
    """An instant at which evidence of a test ran out: from which verified level it fell to which."""

    at: datetime
    test: str
    before: Level
    after: Level


@dataclass(frozen=True, slots=True)
class Event:
    """One mark: when (aware), of which kind, and what it says.

    What it is of, for those who say more: an assessment, tests that lapsed, or a release or note that was told.
    """

    at: datetime
    kind: EventKind
    text: str
    assessment: Assessment | None = None
    lapses: tuple[Lapse, ...] = ()
    told: SystemEvent | None = None


def lapses(spans: Sequence[EvidenceSpan], until: datetime) -> list[Lapse]:
    """Every fall of a verified level at or before `until`, ascending."""
    by_test: dict[str, list[EvidenceSpan]] = defaultdict(list)
    for span in spans:
        by_test[span.test].append(span)
    found = []
    for test, own in by_test.items():
        ends: dict[datetime, Level] = {}
        for span in own:
            if span.ends_at <= until:
                ends[span.ends_at] = max(span.level, ends.get(span.ends_at, Level.NONE))
        for at, before in ends.items():
            after = max((span.level for span in own if span.starts_at <= at < span.ends_at), default=Level.NONE)
            if after < before:
                found.append(Lapse(at, test, before, after))
    return sorted(found, key=lambda lapse: (lapse.at, lapse.test))


@dataclass(frozen=True, slots=True)
class Told:
    """What is written of a system besides its facts: lines of the activity log, ascending, and releases and notes."""

    log: Sequence[Activity] = ()
    events: Sequence[SystemEvent] = ()


def told_of(system: System, until: datetime, most: int = MOST_TOLD, kinds: Sequence[str] = KINDS) -> Told:
    """The log of how this system's history is read and of its policy, and the newest of what was told by `until`.

    In one query, a union of both; of the releases and notes so many of these kinds, newest first, voided ones among them.
    """
    lines: list[Activity] = []
    events: list[SystemEvent] = []
    rows = _told(system.organisation_id, system.pk, until, most=most, kinds=tuple(kinds))
    for source, number, at, kind, text, *more in rows:
        if source == _LOG:
            lines.append(Activity(pk=number, at=at, action=kind, summary=text, details=json.loads(more[0])))
        else:
            known = dict(zip(_TOLD, more, strict=True))
            events.append(SystemEvent(pk=number, system=system, at=at, kind=kind, title=text, **known))
    lines.sort(key=lambda line: (line.at, line.pk))
    events.sort(key=lambda event: (event.at, event.pk), reverse=True)
    return Told(lines, events)


@compiled
def _told(
    organisation: int, system: int, until: datetime, *, most: int, kinds: tuple[str, ...]
) -> QuerySet[Activity, tuple[Any, ...]]:
    policy = Q(system=system, action="system.changed", details__changes__has_key=POLICY)
    log = Activity.objects.filter(organisation=organisation).filter(
        Q(system=system, action__in=RULES + VOIDS) | Q(system=None, action__in=RULES) | policy
    )
    told = SystemEvent.objects.filter(system=system, at__lte=until, kind__in=kinds)
    newest = SystemEvent.objects.filter(pk__in=told.order_by("-at", "-id").values("pk")[:most])
    empty = [Value("", output_field=TextField())] * 4
    never = [Value(None, output_field=DateTimeField()), *empty[:2]]
    of_log = log.order_by().values_list(
        Value(_LOG), "id", "at", "action", "summary", Cast("details", TextField()), *empty, *never
    )
    return of_log.union(newest.order_by().values_list(Value(_EVENT), "id", "at", "kind", "title", *_TOLD), all=True)


def events(
    facts: Facts,
    assessments: Iterable[Assessment],
    told: Told,
    until: datetime,
    lapsed: Sequence[Event] | None = None,
) -> list[Event]:
    """All marks of a system's chart up to `until`, ascending; voided releases and notes are among them.

    `facts` holds the whole history, `assessments` the system's (drafts are passed over), `told` what `told_of` answers;
    `lapsed` what `lapse_events` does, up to then or later, for callers that have it.
    """
    found = [
        Event(assessment.effective_at, EventKind.ASSESSMENT, _assessed(assessment), assessment=assessment)
        for assessment in assessments
        if assessment.status == "final" and assessment.effective_at is not None
    ]
    found += lapse_events(facts, until) if lapsed is None else lapsed
    found += [Event(since, EventKind.EDITION, rubric.title) for since, rubric in facts.editions if since is not None]
    found += [
        Event(line.at, EventKind.VOID if line.action in VOIDS else EventKind.RULES, _logged(line)) for line in told.log
    ]
    found += [Event(event.at, EventKind(event.kind), event.title, told=event) for event in reversed(told.events)]
    return sorted((event for event in found if event.at <= until), key=lambda event: event.at)


def _assessed(assessment: Assessment) -> str:
    imported = ", imported" if assessment.imported else ""
    return f"Assessment by {assessment.recorded_by}{imported}"


def lapse_events(facts: Facts, until: datetime) -> list[Event]:
    """One event for all that lapses at one instant, of all instants up to `until`."""
    by_instant: dict[datetime, list[Lapse]] = defaultdict(list)
    for lapse in lapses(facts.spans, until):
        by_instant[lapse.at].append(lapse)
    return [
        Event(at, EventKind.LAPSE, _lapsed(facts.rubric_at(at), own), lapses=tuple(own))
        for at, own in by_instant.items()
    ]


def _lapsed(rubric: Rubric, own: Sequence[Lapse]) -> str:
    words = [f"{title_of(rubric, lapse.test)} ({lapse.before.key} to {lapse.after.key})" for lapse in own]
    if len(words) > 2:
        return f"{len(words)} tests lapsed: {words[0]} and {len(words) - 1} more"
    return f"Lapsed: {' and '.join(words)}"


def title_of(rubric: Rubric, test: str) -> str:
    """A test's title, or its key where this edition lacks it."""
    return rubric.tests[test].title if test in rubric.tests else test


def _logged(line: Activity) -> str:
    changes: Mapping[str, Sequence[object]] = line.details.get("changes", {})
    if line.action not in VOIDS and changes:
        changes = changes if line.action in RULES else {POLICY: changes[POLICY]}
        named = ((field.replace("_", " "), *values) for field, values in changes.items())
        return "; ".join(f"{name}: {_value(old)} to {_value(new)}" for name, old, new in named)
    return line.summary


def _value(value: object) -> str:
    """A rule's value in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{test} {days} days" for test, days in value.items()) or "none"
    return "none" if value is None else str(value)
