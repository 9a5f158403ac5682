"""Organisations with a past, made by the operations that users call: for the tests of pages, charts and budgets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from accounts.actors import Actor
from accounts.models import Membership, Organisation, Person, Role, Team
from assessments.changes import AnswerChange
from assessments.models import Assessment, System
from assessments.operations import finalise, save_answers, start_assessment
from assessments.systems import create_system
from evidence.posting import PostedResult
from evidence.recording import record_results
from rubric.loader import builtin

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
_numbers = count(1)


def make_organisation(name: str = "Meridian Labs", slug: str = "meridian", **settings: Any) -> Organisation:
    """An organisation with these settings."""
    return Organisation.objects.create(name=name, slug=slug, **settings)


def make_member(organisation: Organisation, role: Role = Role.VIEWER, name: str = "Ines Duarte") -> Membership:
    """A member of this role; the person signs in without a password, by `client.force_login`."""
    person = Person.objects.create_user(f"{role.value}.{next(_numbers)}@example.com", name=name)
    return Membership.objects.create(organisation=organisation, person=person, role=role)


def make_team(organisation: Organisation, name: str = "Payments Risk", slug: str = "payments-risk") -> Team:
    return Team.objects.create(organisation=organisation, name=name, slug=slug)


def make_system(organisation: Organisation, at: datetime, name: str = "Card fraud scoring", **values: Any) -> System:
    """A system created at `at`; `values` as `create_system` takes them."""
    return create_system(actor=Actor(organisation), at=at, name=name, **values)


def assess(
    system: System, at: datetime, levels: Mapping[str, str], *, by: Person | None = None, why: str = "See the wiki."
) -> Assessment:
    """A final assessment as of `at` that claims these levels by test; `na` claims not applicable."""
    actor = Actor(system.organisation, person=by)
    draft = start_assessment(actor=actor, system=system, at=at)
    changes = [
        AnswerChange(test, not_applicable=True, justification=why)
        if level == "na"
        else AnswerChange(test, level=level, justification=why, evidence=["https://wiki.example.com/" + test])
        for test, level in levels.items()
    ]
    save_answers(actor=actor, assessment=draft, changes=changes, at=at)
    return finalise(actor=actor, assessment=draft, at=at)


def post(
    system: System,
    tests: Iterable[str],
    times: Iterable[datetime],
    received_at: datetime,
    *,
    status: str = "passed",
    run: str = "nightly",
    **values: Any,
) -> None:
    """One run at each of these times, with a result of this status for each test (whose key is its check's name too)."""
    results = [
        PostedResult(
            system=system.slug,
            test=test,
            check=test,
            run_id=f"{run} {at:%Y-%m-%d %H:%M}",
            status=status,
            observed_at=at,
            **values,
        )
        for at in times
        for test in tests
    ]
    record_results(actor=Actor(system.organisation), results=results, received_at=received_at)


def nightly(start: datetime, end: datetime, every: timedelta = DAY) -> list[datetime]:
    """The instants from `start` up to `end`, `every` so often."""
    return [start + index * every for index in range(max(0, -(-(end - start) // every)))]


def all_tests(system: System) -> list[str]:
    """The keys of the system's tests."""
    return list(builtin()[system.rubric].tests)


def fraud_story(organisation: Organisation, now: datetime, by: Person | None = None, **values: Any) -> System:
    """A system with a year and a half of history: it climbs, then evidence of two monitoring tests lapses."""
    system = make_system(organisation, now - 540 * DAY, **values)
    tests = all_tests(system)
    manual = dict.fromkeys(tests[::3], "manual")
    assess(system, now - 530 * DAY, manual, by=by)
    assess(system, now - 300 * DAY, manual | dict.fromkeys(tests[:14:2], "automated"), by=by)
    claims = manual | dict.fromkeys(tests[:22], "automated") | {"monitor-2": "automated", "monitor-4": "manual"}
    claims |= {"monitor-1": "manual", "data-6": "na", "data-3": "none"}
    assess(system, now - 18 * DAY, claims, by=by)
    post(system, ["data-1", "data-4", "infra-2"], nightly(now - 200 * DAY, now, 7 * DAY), now, branch="main")
    post(system, ["model-6"], nightly(now - 60 * DAY, now, 3 * DAY), now, status="failed", message="country=BR: 0.71")
    post(system, ["monitor-2", "monitor-4"], nightly(now - 150 * DAY, now - 45 * DAY, 5 * DAY), now, run="watch")
    post(system, ["infra-3"], [now - 26 * DAY], now, run="release")
    post(system, ["infra-6"], [now - 5 * DAY], now, run="canary")
    return system
