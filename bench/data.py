"""What the measured database holds: two organisations with 18 months behind them, made by the operations that users call."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.actors import Actor
from accounts.models import Organisation, Person, Scope
from accounts.organisations import create_organisation
from accounts.people import create_person
from accounts.tokens import create_token
from assessments.changes import AnswerChange
from assessments.models import Lifecycle, System
from assessments.operations import finalise, save_answers, start_assessment
from assessments.systems import create_system
from bench import rows
from evidence.models import Result, Run, Span
from evidence.posting import PostedResult
from evidence.recording import record_results
from rubric.loader import builtin

DAY = timedelta(days=1)
PAST_DAYS = 540
ASSESSMENTS_DAYS_AGO = (530, 350, 170, 20)
WATCHED_WEEKLY = 3
LARGEST_POSTING = 1000
SIZES = (12, 200)
# What bench.bare writes to; that module brings settings of its own, so nothing here can import it.
BARE_TABLE = "CREATE TABLE bare (id bigserial PRIMARY KEY, body text NOT NULL)"


@dataclass(frozen=True)
class Made:
    """What the client needs: a token of the smaller organisation, a signed-in session, and slugs by organisation."""

    secret: str
    cookie: str
    slugs: dict[str, list[str]]
    counts: str


def make(now: datetime, sizes: Sequence[int] = SIZES) -> Made:
    """Fill the empty database with an organisation of each size, as of `now` (aware)."""
    owner = create_person(email="bench@example.org", name="Bench", password=None, at=now - PAST_DAYS * DAY)
    slugs = {}
    secret = ""
    for size in sizes:
        organisation = create_organisation(
            name=f"{size} systems", slug=f"bench-{size}", owner=owner, at=now - PAST_DAYS * DAY
        )
        slugs[organisation.slug] = [_system(organisation, index, now).slug for index in range(size)]
        if not secret:
            _, secret = create_token(
                actor=Actor(organisation=organisation, person=owner),
                name="bench",
                scopes=[Scope.RESULTS_WRITE],
                system_id=None,
                expires_at=None,
                at=now,
            )
    with connection.cursor() as cursor:
        cursor.execute(BARE_TABLE)
        cursor.execute(rows.TABLE)
        cursor.execute("ANALYZE")
    counts = f"{Result.objects.count():,} results, {Run.objects.count():,} runs, {Span.objects.count():,} spans"
    return Made(secret, _session(owner), slugs, counts)


def _session(person: Person) -> str:
    client = Client()
    client.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _system(organisation: Organisation, index: int, now: datetime) -> System:
    """A system that was assessed four times, and whose pipeline watched some tests weekly.

    The first system of an organisation, whose page is measured, was watched nightly, in all of its tests.
    """
    dice = random.Random(f"{organisation.slug} {index}")
    actor = Actor(organisation=organisation)
    created = now - PAST_DAYS * DAY
    system = create_system(
        actor=actor, at=created, name=f"System {index + 1}", tags=["bench"], lifecycle=Lifecycle.PRODUCTION
    )
    tests = list(builtin()[system.rubric].tests)
    for days_ago in ASSESSMENTS_DAYS_AGO:
        _assess(system, tests, dice, now - days_ago * DAY)
    every, watched = (1, tests) if index == 0 else (7, dice.sample(tests, WATCHED_WEEKLY))
    # Some pipelines broke: their evidence has lapsed.
    end = dice.choice((0, 0, 0, 60)) + dice.random()
    posted = [
        PostedResult(
            system=system.slug,
            test=test,
            check=test,
            run_id=f"night-{days_ago}",
            status="failed" if dice.random() < 0.05 else "passed",
            observed_at=now - (days_ago + end) * DAY,
            branch="main",
        )
        for days_ago in range(PAST_DAYS - 70, -1, -every)
        for test in watched
    ]
    for start in range(0, len(posted), LARGEST_POSTING):
        record_results(actor=actor, results=posted[start : start + LARGEST_POSTING], received_at=now)
    return system


def _assess(system: System, tests: Sequence[str], dice: random.Random, at: datetime) -> None:
    actor = Actor(organisation=system.organisation)
    draft = start_assessment(actor=actor, system=system, at=at, carry_forward=True)
    changes = [
        AnswerChange(test, level=dice.choice(("none", "manual", "automated")), justification="See the wiki.")
        for test in dice.sample(tests, 20)
    ]
    save_answers(actor=actor, assessment=draft, changes=changes, at=at)
    finalise(actor=actor, assessment=draft, at=at)
