"""What a system's report reads: all facts at or before its instant, in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assessments.models import Answer, Assessment, Attachment, InitiativeStep, System
from rubric.reported import Reported, reported
from rubric.timeline import Facts, Levels, Point, levels_at, timeline
from scores.facts import load_facts
from scores.initiatives import StepProgress, step_progress
from scores.known import as_known
from scores.marks import Event, events, told_of
from scores.reading import LAST, explained
from scores.recounting import FIRST
from scores.score import FullScore
from scores.trends import first_fact


@dataclass(frozen=True, slots=True)
class SystemReading:
    """One system at `at`. `full` is None and `points` empty where nothing was recorded by then.

    `finals` are the final assessments that hold by then, ascending; the last one's claims are in force, with `answers` and
    `attachments` by test. `steps` are those of initiatives that were resolved upon by then.
    """

    system: System
    at: datetime
    since: datetime | None
    levels: Levels
    full: FullScore | None
    points: Sequence[Point]
    marks: Sequence[Event]
    reported: Reported
    finals: Sequence[Assessment]
    answers: Mapping[str, Answer]
    attachments: Mapping[str, Sequence[Attachment]]
    steps: Sequence[StepProgress]

    def assessed_by(self, at: datetime) -> bool:
        """Whether an assessment held by this instant, which is not after the report's."""
        return bool(self.finals) and self.finals[0].effective_at is not None and self.finals[0].effective_at <= at

    def ran_by(self, at: datetime) -> bool:
        """Whether any result was observed by this instant."""
        return self.reported.verified is not None and self.reported.verified <= at

    @property
    def assessment(self) -> Assessment | None:
        """The one whose claims are in force."""
        return self.finals[-1] if self.finals else None


def system_by_id(system_id: int) -> System:
    """The system as `read_system` takes it; raises System.DoesNotExist."""
    return System.objects.select_related("organisation", "team", "owner").get(pk=system_id)


def read_system(system: System, at: datetime) -> SystemReading:
    """All that the report of a system shows as of `at` (aware), in nine statements.

    The system comes from `system_by_id` or `dashboards.system.reading.system_of`.
    """
    finals = list(Assessment.objects.final().filter(system=system, effective_at__lte=at))
    facts = load_facts([system], FIRST, LAST, finals=finals)[system.pk]
    since = first_fact(facts, system.first_run_at)
    recorded = since is not None and since <= at
    marked = events(facts, finals, told_of(system, at), at)
    answers, attachments = _said(finals[-1]) if finals else ({}, {})
    return SystemReading(
        system=system,
        at=at,
        since=since if recorded else None,
        levels=levels_at(facts, at),
        full=as_known(system, explained(system, facts, at)) if recorded else None,
        points=timeline(facts, since, at) if since is not None and recorded else (),
        marks=[mark for mark in marked if mark.told is None or mark.told.voided_at is None],
        reported=reported(facts, facts.rubric_at(at), system.first_run_at),
        finals=finals,
        answers=answers,
        attachments=attachments,
        steps=_steps(system, facts, at),
    )


def _said(assessment: Assessment) -> tuple[dict[str, Answer], dict[str, list[Attachment]]]:
    """What an assessment says besides levels, by test."""
    answers = {answer.test: answer for answer in Answer.objects.filter(assessment=assessment)}
    attachments: dict[str, list[Attachment]] = defaultdict(list)
    for each in Attachment.objects.filter(assessment=assessment):
        attachments[each.test].append(each)
    return answers, attachments


def _steps(system: System, facts: Facts, at: datetime) -> list[StepProgress]:
    """The system's steps that initiatives held by `at`, by initiative, the newest first."""
    steps = InitiativeStep.objects.filter(system=system, added_at__lte=at).select_related("initiative", "owner")
    found = []
    for step in steps.order_by("-initiative__created_at", "-initiative_id", "id"):
        step.system = system
        found.append(step_progress(step, facts, at))
    return found
