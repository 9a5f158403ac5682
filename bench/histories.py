"""Years of nightly results of many systems within minutes: spans by the rubric's own arithmetic, rows by COPY.

Every system's spans are those of all of its runs, which are as many as its results. Runs and results themselves are stored
in full for every SAMPLED-th system, whose pages are measured; the others keep the first and the newest run of each test,
which is all that an organisation's pages could look for. Pipelines are adopted test by test, and break now and then.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection, models

from accounts.models import Organisation, Person, Team
from accounts.organisations import create_organisation
from assessments.models import Assessment, AssessmentStatus, Lifecycle, System
from evidence.models import Check, Result, Run, Span
from evidence.rules_of import Rules
from rubric.evidence import layers
from rubric.loader import DEFAULT, builtin
from scores.keeping import keep

DAY = timedelta(days=1)
DAYS = 3 * 365
SAMPLED = 100
TEAMS = 25
TAGS = ("tier-1", "tier-2", "real-time", "batch", "pii")
ASSESSED_EVERY = 180
OUTAGES = 2


@dataclass
class Counts:
    """What was computed and what is stored."""

    results: int = 0
    stored: int = 0
    spans: int = 0


@dataclass(frozen=True)
class Story:
    """A system's nights: by test, the instants of its runs, ascending."""

    system: System
    nights: dict[str, list[datetime]]
    full: bool


def build(
    name: str, systems: int, owner: Person, now: datetime, days: int = DAYS
) -> tuple[Organisation, list[str], Counts]:
    """An organisation of so many systems with `days` behind them, as of `now` (aware); answers it and its systems' slugs."""
    created = now - days * DAY
    organisation = create_organisation(name=name, slug=name, owner=owner, at=created)
    teams = Team.objects.bulk_create(
        Team(organisation=organisation, name=f"Team {number + 1}", slug=f"team-{number + 1}")
        for number in range(min(TEAMS, systems))
    )
    made = System.objects.bulk_create(_systems(organisation, teams, systems, created))
    Assessment.objects.bulk_create((final for system in made for final in _finals(system, now, days)), batch_size=2000)
    counts = Counts()
    for start in range(0, systems, SAMPLED):
        stories = [
            story(system, now, days, full=not index) for index, system in enumerate(made[start : start + SAMPLED])
        ]
        _store(stories, counts)
    for system in made:
        keep(system.pk)
    return organisation, [system.slug for system in made], counts


def _systems(organisation: Organisation, teams: Sequence[Team], count: int, created: datetime) -> Iterator[System]:
    for number in range(count):
        dice = random.Random(f"{organisation.slug} {number}")
        yield System(
            organisation=organisation,
            name=f"System {number + 1:04}",
            slug=f"system-{number + 1:04}",
            team=dice.choice(teams),
            tags=sorted(dice.sample(TAGS, 2)),
            lifecycle=dice.choice((Lifecycle.PRODUCTION, Lifecycle.EXPERIMENT)),
            rubric=DEFAULT,
            editions=[{"rubric": DEFAULT, "from": None}],
            created_at=created,
        )


def _finals(system: System, now: datetime, days: int) -> Iterator[Assessment]:
    """Half-yearly assessments, each of which claims a little more than the one before."""
    dice = random.Random(f"claims of {system.slug}")
    tests = list(builtin()[system.rubric].tests)
    order = dice.sample(tests, len(tests))
    for number in range(days // ASSESSED_EVERY):
        at = now - (days - number * ASSESSED_EVERY - dice.random() * 60) * DAY
        claimed = order[: 4 + number * dice.randint(1, 3)]
        yield Assessment(
            system=system,
            status=AssessmentStatus.FINAL,
            rubric=system.rubric,
            effective_at=at,
            started_at=at,
            recorded_at=at,
            recorded_by="bench@example.org",
            claims={test: dice.choice(("manual", "automated")) for test in claimed},
        )


def story(system: System, now: datetime, days: int, *, full: bool) -> Story:
    """Nightly runs of every test from the day it was adopted, but for the nights on which its pipeline was broken."""
    dice = random.Random(f"nights of {system.slug}")
    start = now - days * DAY + dice.random() * DAY
    broken = [_outage(dice, days) for _ in range(OUTAGES)]
    nights = {}
    for test in builtin()[system.rubric].tests:
        adopted = int(days * dice.random() ** 2)
        own = [*broken, _outage(dice, days)] if dice.random() < 0.3 else broken
        nights[test] = [
            start + night * DAY
            for night in range(adopted, days)
            if not any(first <= night < last for first, last in own)
        ]
    return Story(system, nights, full)


def _outage(dice: random.Random, days: int) -> tuple[int, int]:
    first = dice.randrange(days)
    return first, first + dice.randint(5, 90)


def _store(stories: Sequence[Story], counts: Counts) -> None:
    checks = Check.objects.bulk_create(
        (
            Check(
                system=story.system,
                name=test,
                test=test,
                newest_status="passed" if len(times) % 17 else "failed",
                newest_observed_at=times[-1] if times else None,
                newest_received_at=times[-1] if times else None,
            )
            for story in stories
            for test, times in story.nights.items()
        ),
        batch_size=2000,
    )
    pks = {(check.system_id, check.test): check.pk for check in checks}
    counts.results += sum(len(times) for story in stories for times in story.nights.values())
    counts.spans += _copy(Span, (row for story in stories for row in spans_of(story)))
    _copy(Run, (row for story in stories for row in _runs(story)))
    for each in stories:
        each.system.first_run_at = min((times[0] for times in each.nights.values() if times), default=None)
    System.objects.bulk_update((each.system for each in stories), ["first_run_at"])
    sampled = (row for story in stories if story.full for row in _results(story, pks))
    counts.stored += _copy(Result, sampled)


@lru_cache(maxsize=2 * DAYS)
def _run_id(at: datetime) -> str:
    return f"night-{at:%Y-%m-%d}"


def spans_of(story: Story) -> Iterator[dict[str, Any]]:
    rules = Rules.of(story.system)
    for test, times in story.nights.items():
        for level, intervals in layers(times, rules.freshness(test)).items():
            for start, end in intervals:
                yield {
                    "system_id": story.system.pk,
                    "generation": 0,
                    "test": test,
                    "level": level.value,
                    "starts_at": start,
                    "ends_at": end,
                }


def _runs(story: Story) -> Iterator[dict[str, Any]]:
    for test, times in story.nights.items():
        kept = times if story.full else [*times[:1], *times[1:][-1:]]
        for at in kept:
            yield {
                "system_id": story.system.pk,
                "test": test,
                "run_id": _run_id(at),
                "branch": "main",
                "first_observed_at": at,
                "first_executed_at": at,
                "first_passed_at": at,
                "several_branches": False,
            }


def _results(story: Story, checks: dict[tuple[int, str], int]) -> Iterator[dict[str, Any]]:
    for test, times in story.nights.items():
        for at in times:
            yield {
                "system_id": story.system.pk,
                "check_id": checks[story.system.pk, test],
                "run_id": _run_id(at),
                "status": "passed",
                "observed_at": at,
                "received_at": at,
                "branch": "main",
                "metrics": '{"rows": 120000}',
            }


def _copy(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> int:
    """COPY the rows; columns that they lack are null where that may be, else empty texts. Answers how many there were."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    empty = {str(field.column): None if field.null else "" for field in fields}
    names = ", ".join(f'"{column}"' for column in empty)
    count = 0
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row((empty | row).values())
            count += 1
    return count
