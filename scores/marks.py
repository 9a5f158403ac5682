"""What happened to a system besides changes of its score: what charts mark, each with its instant and a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q

from accounts.models import Activity
from assessments.models import Assessment, System
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


RULES = ("rules.changed",)
VOIDS = ("result.voided", "assessment.voided")


@dataclass(frozen=True, slots=True)
class Event:
    """One mark: when (aware), of which kind, and what it says."""

    at: datetime
    kind: EventKind
    text: str


@dataclass(frozen=True, slots=True)
class Lapse:
    """An instant at which evidence of a test ran out: from which verified level it fell to which."""

    at: datetime
    test: str
    before: Level
    after: Level


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


def events(facts: Facts, assessments: Iterable[Assessment], log: Iterable[Activity], until: datetime) -> list[Event]:
    """All marks of a system's chart up to `until`, ascending.

    `facts` holds the whole history, `assessments` the system's (drafts are passed over), `log` what `log_of` answers.
    """
    found = [
        Event(assessment.effective_at, EventKind.ASSESSMENT, _assessed(assessment))
        for assessment in assessments
        if assessment.status == "final" and assessment.effective_at is not None
    ]
    found += _lapse_events(facts, until)
    found += [Event(since, EventKind.EDITION, rubric.title) for since, rubric in facts.editions if since is not None]
    found += [
        Event(line.at, EventKind.RULES if line.action in RULES else EventKind.VOID, _logged(line)) for line in log
    ]
    return sorted((event for event in found if event.at <= until), key=lambda event: event.at)


def log_of(system: System) -> list[Activity]:
    """The lines of the activity log that concern how this system's history is read, in one query."""
    return list(
        Activity.objects.filter(organisation=system.organisation_id)
        .filter(Q(system=system, action__in=RULES + VOIDS) | Q(system=None, action__in=RULES))
        .order_by("at", "id")
    )


def _assessed(assessment: Assessment) -> str:
    imported = ", imported" if assessment.imported else ""
    return f"Assessment by {assessment.recorded_by}{imported}"


def _lapse_events(facts: Facts, until: datetime) -> list[Event]:
    """One event for all that lapses at one instant."""
    by_instant: dict[datetime, list[Lapse]] = defaultdict(list)
    for lapse in lapses(facts.spans, until):
        by_instant[lapse.at].append(lapse)
    return [Event(at, EventKind.LAPSE, _lapsed(facts.rubric_at(at), own)) for at, own in by_instant.items()]


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
    if line.action in RULES and changes:
        return "; ".join(f"{field}: {_value(old)} to {_value(new)}" for field, (old, new) in changes.items())
    return line.summary


def _value(value: object) -> str:
    """A rule's value in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{test} {days} days" for test, days in value.items()) or "none"
    return "none" if value is None else str(value)
