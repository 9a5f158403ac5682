"""How far an initiative is: which of its steps the facts say are done, and how that came about over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import groupby

from assessments.models import Initiative, InitiativeStep, System
from rubric.definition import Test
from rubric.holding import Interval, held
from rubric.levels import Level
from rubric.loader import builtin
from rubric.timeline import Facts
from scores.facts import load_facts
from scores.recounting import FIRST


@dataclass(frozen=True, slots=True)
class StepProgress:
    """One step at an instant. `test` is None where the edition in force lacks it; then it earns nothing.

    `held` are the intervals in which the test holds the step's level, `done_since` is when the present one began.
    """

    step: InitiativeStep
    test: Test | None
    points: Fraction
    held: Sequence[Interval]
    done_since: datetime | None

    @property
    def done(self) -> bool:
        return self.done_since is not None


@dataclass(frozen=True, slots=True)
class BurnPoint:
    """The points resolved upon and the points done from `at` on."""

    at: datetime
    planned: Fraction
    done: Fraction


@dataclass(frozen=True, slots=True)
class Progress:
    """An initiative at an instant: its steps in their order, and the burn-up until then."""

    initiative: Initiative
    steps: Sequence[StepProgress]
    burn_up: Sequence[BurnPoint]

    @property
    def planned(self) -> Fraction:
        return sum((each.points for each in self.steps), Fraction(0))

    @property
    def done(self) -> Fraction:
        return sum((each.points for each in self.steps if each.done), Fraction(0))

    @property
    def steps_done(self) -> int:
        return sum(each.done for each in self.steps)


def progress_of(initiatives: Sequence[Initiative], now: datetime) -> list[Progress]:
    """How far each initiative is at `now`, in four queries for all of them."""
    rows = InitiativeStep.objects.filter(initiative__in=initiatives).select_related("owner").order_by("id")
    steps: dict[int, list[InitiativeStep]] = {initiative.pk: [] for initiative in initiatives}
    for row in rows:
        steps[row.initiative_id].append(row)
    wanted = {step.system_id for found in steps.values() for step in found}
    systems = {system.pk: system for system in System.objects.filter(pk__in=wanted)}
    facts = load_facts(list(systems.values()), FIRST, now)
    return [_progress(initiative, steps[initiative.pk], systems, facts, now) for initiative in initiatives]


def _progress(
    initiative: Initiative,
    steps: Sequence[InitiativeStep],
    systems: dict[int, System],
    facts: dict[int, Facts],
    now: datetime,
) -> Progress:
    found = []
    for step in steps:
        step.system = systems[step.system_id]
        found.append(step_progress(step, facts[step.system_id], now))
    return Progress(initiative, found, burn_up(found, initiative.created_at, now))


def step_progress(step: InitiativeStep, facts: Facts, now: datetime) -> StepProgress:
    """How far one step is at `now`, from facts from the start until then; its system must be loaded."""
    rubric = builtin()[step.system.rubric]
    level = Level.from_key(step.level)
    intervals = held(facts, step.test, level)
    points = rubric.scale[level] - rubric.scale[Level(level - 1)] if step.test in rubric.tests else Fraction(0)
    since = next((start for start, end in intervals if start <= now < end), None)
    return StepProgress(step, rubric.tests.get(step.test), points, intervals, since)


def burn_up(steps: Sequence[StepProgress], start: datetime, now: datetime) -> list[BurnPoint]:
    """The points planned and done over [start, now], as a step function: the state at `start`, then each change.

    A step counts from when it was added, done if the facts say so then, whosever work it was; one that lapses falls back.
    """
    changes: list[tuple[datetime, Fraction, Fraction]] = []
    for each in steps:
        added = max(start, each.step.added_at)
        changes.append((added, each.points, Fraction(0)))
        for begin, end in each.held:
            if end > added:
                changes.append((max(begin, added), Fraction(0), each.points))
                changes.append((end, Fraction(0), -each.points))
    points = [BurnPoint(start, Fraction(0), Fraction(0))]
    due = sorted((change for change in changes if change[0] <= now), key=lambda change: change[0])
    for at, group in groupby(due, key=lambda change: change[0]):
        parts = list(group)
        planned = points[-1].planned + sum(part[1] for part in parts)
        done = points[-1].done + sum(part[2] for part in parts)
        if at == start:
            points = [BurnPoint(at, planned, done)]
        elif (planned, done) != (points[-1].planned, points[-1].done):
            points.append(BurnPoint(at, planned, done))
    return points
