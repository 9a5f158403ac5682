"""What each part of a system's page shows: all of it, and nothing else. No queries, no clock, no markup.

They are plain values, which parts are remembered by: see `dashboards/templatetags/parts.py`.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from assessments.models import Assessment, System
from dashboards import phrases
from dashboards.moments import AsOf
from dashboards.system.reading import Recent, SystemFacts
from rubric.definition import Rubric
from rubric.once import Once
from scores.score import CategoryScore


class Assessed(NamedTuple):
    """The assessment whose claims hold."""

    pk: int
    at: datetime | None


class Head(NamedTuple):
    """The system itself. `late` tells that a review is due."""

    organisation: str
    system: str
    name: str
    description: str
    team: tuple[str, str] | None
    owner: str
    lifecycle: str
    retired_at: datetime | None
    tags: tuple[str, ...]
    target: str
    repository_url: str
    assessed: Assessed | None
    late: bool


class Actions(NamedTuple):
    """What can be done with the system; `draft` is the open assessment's id."""

    organisation: str
    system: str
    may_assess: bool
    draft: int | None


class Dates(NamedTuple):
    """The way to other dates. `what` is shown as of `day`, empty at present.

    `earlier` and `later` are when it changed; `lapses` tells that the later one lies ahead. `compares` adds what else shows
    the system at dates.
    """

    what: str
    organisation: str
    system: str
    day: str
    earlier: datetime | None
    later: datetime | None
    lapses: bool
    compares: bool


class Hero(NamedTuple):
    """The leading number; `query` leads to what explains it as of the page's date."""

    organisation: str
    system: str
    query: str
    rubric: Rubric
    hero: Hashable
    categories: Once[CategoryScore]
    assessed: Assessed | None
    past: bool


class Happened(NamedTuple):
    """What happened last."""

    organisation: str
    system: str
    may_assess: bool
    lines: Once[Any]


class Seen(NamedTuple):
    """A name in imported reports that no rule maps to a test."""

    name: str
    format: str
    at: datetime


class Newest(NamedTuple):
    """The newest results of checks, and the newest names that are mapped to no test."""

    organisation: str
    system: str
    rubric: Rubric
    may_assess: bool
    recent: Once[Recent]
    unmapped: tuple[Seen, ...]


class Tests(NamedTuple):
    """The grid of tests."""

    query: str
    rubric: Rubric
    groups: Once[Any]


class Steps(NamedTuple):
    """The rail's advice. `goal` is the score to reach in words, empty where nothing is left to do."""

    organisation: str
    system: str
    query: str
    goal: str
    gaps: Once[Any]
    proofs: tuple[Hashable, ...]


class Policy(NamedTuple):
    """The condition that the system's target makes, and its figures as texts, with `%` where the rubric counts shares."""

    name: str
    passed: bool
    actual: str
    required: str


class Gate(NamedTuple):
    """What pipelines are asked for; `policy` is None without a target."""

    organisation: str
    system: str
    policy: Policy | None
    may_assess: bool


def assessed(assessment: Assessment | None) -> Assessed | None:
    """The same of a model."""
    return None if assessment is None else Assessed(assessment.pk, assessment.effective_at)


def head(facts: SystemFacts, rubric: Rubric, late: bool) -> Head:
    """The head of the page; `rubric` is the edition in force."""
    system = facts.system
    return Head(
        organisation=system.organisation.slug,
        system=system.slug,
        name=system.name,
        description=system.description,
        team=(system.team.slug, system.team.name) if system.team else None,
        owner=str(system.owner) if system.owner else "",
        lifecycle=str(system.get_lifecycle_display()),
        retired_at=system.retired_at,
        tags=tuple(system.tags),
        target="" if system.target_score is None else phrases.score(Fraction(system.target_score), rubric),
        repository_url=system.repository_url,
        assessed=assessed(facts.assessment),
        late=late,
    )


def actions(facts: SystemFacts, may_assess: bool) -> Actions | None:
    """What can be done at present; None where the first assessment is still to be started."""
    if may_assess and not facts.draft and not facts.assessment:
        return None
    draft = facts.draft.pk if facts.draft and may_assess else None
    return Actions(facts.system.organisation.slug, facts.system.slug, may_assess, draft)


def dates(
    what: str,
    system: System,
    moment: AsOf,
    now: datetime,
    nearest: tuple[datetime | None, datetime | None],
    *,
    compares: bool = False,
) -> Dates:
    """The way from `moment` to other dates, as of the present `now`; `nearest` are those of the changes before and after."""
    earlier, later = nearest
    return Dates(
        what=what,
        organisation=system.organisation.slug,
        system=system.slug,
        day=f"{moment.at:%Y-%m-%d}" if moment.past else "",
        earlier=earlier,
        later=later,
        lapses=later is not None and later > now,
        compares=compares,
    )
