"""The stories of the demo's systems, as `systems/*.toml` tell them. Times are whole days before the present.

A story is data for the operations that users call; whatever breaks a rule of theirs is refused when it is played.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assessments.changes import AnswerChange

FOLDER = Path(__file__).parent / "systems"
NOT_APPLICABLE = "na"


@dataclass(frozen=True, slots=True)
class Days:
    """From `first` days ago to `last` days ago, both included."""

    first: int
    last: int

    def __contains__(self, days_ago: int) -> bool:
        return self.last <= days_ago <= self.first


@dataclass(frozen=True, slots=True)
class CheckStory:
    """One check of a pipeline. `metrics` gives each number's range while it passes, `failed_metrics` while it doesn't.

    The messages are templates over the metrics. `failed`, `error` and `skipped` list when it ended so, `active` when it
    ran at all.
    """

    test: str
    name: str
    passes: str
    fails: str = ""
    metrics: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    failed_metrics: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    failed: Sequence[Days] = ()
    error: Sequence[Days] = ()
    skipped: Sequence[Days] = ()
    active: Days = Days(10_000, 0)

    def status(self, days_ago: int) -> str:
        """How it ended on this day."""
        for status in ("failed", "error", "skipped"):
            if any(days_ago in days for days in getattr(self, status)):
                return status
        return "passed"


@dataclass(frozen=True, slots=True)
class PipelineStory:
    """A pipeline that runs at `at` (UTC) on the days of `days`, and posts the results of its checks.

    `days` lists (first, last, step): from `first` to `last` days ago, every `step` days. `model` and `dataset` are templates
    over `number`, `date` and `week`. Results of the days in `held_back` reach the server together, the day after the last
    of them.
    """

    name: str
    at: str
    days: Sequence[tuple[int, int, int]]
    checks: Sequence[CheckStory]
    first_number: int = 1
    branch: str = "main"
    model: str = ""
    dataset: str = ""
    held_back: Sequence[Days] = ()

    def run_days(self) -> list[int]:
        """The days on which it ran, oldest first, as days ago."""
        return [each for first, last, step in self.days for each in range(first, last - 1, -step)]


@dataclass(frozen=True, slots=True)
class AssessmentStory:
    """An assessment that carries the one before forward and changes `claims`; a `draft` stays open.

    `imported_from` makes it an import of a record that many days old.
    """

    days_ago: int
    by: str
    claims: Mapping[str, Sequence[str]]
    draft: bool = False
    imported_from: int | None = None
    voided: Mapping[str, Any] | None = None

    def changes(self) -> list[AnswerChange]:
        """The claims as changes of answers."""
        return [_change(test, *claim) for test, claim in self.claims.items()]


def _change(test: str, level: str, justification: str = "", *links: str) -> AnswerChange:
    skipped = level == NOT_APPLICABLE
    return AnswerChange(
        test=test,
        level="none" if skipped else level,
        justification=justification,
        evidence=list(links),
        not_applicable=skipped,
    )


@dataclass(frozen=True, slots=True)
class ChangeStory:
    """A change of the system's own fields, of its rubric edition or of its rules."""

    days_ago: int
    by: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VoidStory:
    """A result of one check, observed on one day, that an admin voided later."""

    days_ago: int
    by: str
    check: str
    observed_days_ago: int
    reason: str


@dataclass(frozen=True, slots=True)
class ToldStory:
    """A release that a pipeline told of, or a note that somebody wrote (`by`)."""

    days_ago: int
    title: str
    by: str | None = None
    text: str = ""
    model_version: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """All that happened to one system."""

    slug: str
    name: str
    description: str
    team: str
    owner: str | None
    created_days_ago: int
    by: str
    tags: Sequence[str]
    lifecycle: str
    repository_url: str
    rubric: str
    target_score: str | None
    windows: Mapping[str, int]
    assessments: Sequence[AssessmentStory]
    pipelines: Sequence[PipelineStory]
    changes: Sequence[ChangeStory]
    voids: Sequence[VoidStory]
    told: Sequence[ToldStory]


def stories() -> list[Story]:
    """Every story, by slug."""
    return [
        _story(path.stem, tomllib.loads(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.toml"))
    ]


def _story(slug: str, values: dict[str, Any]) -> Story:
    return Story(
        slug=slug,
        name=values["name"],
        description=values["description"],
        team=values["team"],
        owner=values.get("owner"),
        created_days_ago=values["created_days_ago"],
        by=values["by"],
        tags=values.get("tags", []),
        lifecycle=values["lifecycle"],
        repository_url=values.get("repository_url", ""),
        rubric=values["rubric"],
        target_score=values.get("target_score"),
        windows=values.get("windows", {}),
        assessments=[AssessmentStory(**each) for each in values.get("assessments", [])],
        pipelines=[_pipeline(each) for each in values.get("pipelines", [])],
        changes=[ChangeStory(**each) for each in values.get("changes", [])],
        voids=[VoidStory(**each) for each in values.get("voids", [])],
        told=[ToldStory(**each) for each in values.get("told", [])],
    )


def _pipeline(values: dict[str, Any]) -> PipelineStory:
    given = dict(values)
    given["held_back"] = [Days(*each) for each in given.get("held_back", [])]
    given["checks"] = [_check(each) for each in given["checks"]]
    return PipelineStory(**given)


def _check(values: dict[str, Any]) -> CheckStory:
    given = dict(values)
    for status in ("failed", "error", "skipped"):
        given[status] = [Days(*each) for each in given.get(status, [])]
    if "active" in given:
        given["active"] = Days(*given["active"])
    return CheckStory(**given)
