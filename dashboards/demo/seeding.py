"""Plays the demo's stories: makes Meridian Labs by calling the operations that users, tokens and pipelines call."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from accounts.invitations import accept_as_new_person, invite
from accounts.models import Membership, Organisation, Person, Scope, Team
from accounts.organisations import create_organisation
from accounts.people import create_person
from accounts.teams import create_team, set_team_members
from accounts.tokens import authenticate, create_token
from assessments.events import Told, record_event
from assessments.models import EventKind, Lifecycle, System
from assessments.operations import finalise, save_answers, start_assessment, void_assessment
from assessments.systems import create_system, update_system
from dashboards.demo import cast, initiative
from dashboards.demo.pipelines import day, dice, postings
from dashboards.demo.stories import AssessmentStory, ChangeStory, Story, ToldStory, VoidStory, stories
from evidence.models import Result
from evidence.posting import PostedResult
from evidence.recording import record_results
from evidence.rule_changes import change_rules
from evidence.rules_of import SYSTEM_RULES
from evidence.voiding import void_result
from notify.choices import choose
from notify.kinds import Channel, Kind
from notify.models import Message
from scores.keeping import keep_for

NEWS = timedelta(days=3)
"""What happened before is told nobody when the background work begins."""

Play = Callable[[datetime], object]
Event = tuple[datetime, Play]
"""When something happened, and the call that makes it happen."""


class NotEmpty(Exception):
    """There are people or organisations in the database that the demo did not make."""


@dataclass(frozen=True, slots=True)
class Company:
    """The organisation once its people are there: actors by the names that stories use, and the pipelines' token."""

    organisation: Organisation
    actors: dict[str, Actor]
    teams: dict[str, Team]
    pipelines: Actor


def is_seeded() -> bool:
    """Whether the demo is in the database; it is made in one transaction, so it is there wholly or not at all."""
    return Membership.objects.filter(organisation__slug=cast.SLUG, person__email=cast.OWNER.email).exists()


@transaction.atomic
def seed(now: datetime) -> bool:
    """Make the demo as of `now` (aware); False when it is there already.

    The same `now` makes the same facts. Raises NotEmpty where anything else is in the database.
    """
    if is_seeded():
        return False
    if Organisation.objects.exists() or Person.objects.exists():
        raise NotEmpty
    now = now.astimezone(UTC)
    founded = day(now, cast.FOUNDED_DAYS_AGO, "09:00")
    organisation, actors = _people(founded)
    teams = _teams(organisation, actors, founded + timedelta(hours=1))
    token, secret = create_token(
        actor=actors["tomas"],
        name="CI pipelines",
        scopes=[Scope.RESULTS_WRITE],
        system_id=None,
        expires_at=None,
        at=founded + timedelta(hours=2),
    )
    company = Company(organisation, actors, teams, Actor(organisation=organisation, token=token))
    _choose_quiet(actors)
    arrivals = [_play(company, story, now) for story in stories()]
    initiative.play(actors, now)
    # What happened a year ago is no news.
    Message.objects.filter(created_at__lt=now - NEWS).delete()
    # The token was last used when the newest of all results arrived.
    authenticate(secret, max(arrivals))
    keep_for(math.inf)
    return True


def _people(at: datetime) -> tuple[Organisation, dict[str, Actor]]:
    """The owner founds the organisation and invites everyone else."""
    owner = create_person(email=cast.OWNER.email, name=cast.OWNER.name, password=cast.PASSWORD, at=at)
    organisation = create_organisation(name=cast.ORGANISATION, slug=cast.SLUG, owner=owner, at=at)
    founder = Actor(organisation=organisation, person=owner)
    actors = {}
    for key, character in cast.PEOPLE.items():
        if character is cast.OWNER:
            actors[key] = founder
            continue
        invitation, _ = invite(actor=founder, email=character.email, role=character.role, at=at)
        member = accept_as_new_person(
            invitation=invitation, name=character.name, password=cast.PASSWORD, at=at + timedelta(minutes=30)
        )
        actors[key] = Actor.of(member)
    return organisation, actors


def _choose_quiet(actors: dict[str, Actor]) -> None:
    """Nobody of the demo has a mailbox: they are told in the pages alone."""
    for actor in actors.values():
        if actor.person is not None:
            choose(person=actor.person, channels=dict.fromkeys(Kind, Channel.APP), lapse_days=7)


def _teams(organisation: Organisation, actors: dict[str, Actor], at: datetime) -> dict[str, Team]:
    member_ids = dict(Membership.objects.filter(organisation=organisation).values_list("person__email", "pk"))
    teams = {}
    for slug, name in cast.TEAMS.items():
        teams[slug] = create_team(actor=actors["ines"], name=name, slug=slug, at=at)
        own = [member_ids[person.email] for person in cast.PEOPLE.values() if slug in person.teams]
        set_team_members(actor=actors["ines"], slug=slug, member_ids=own, at=at)
    return teams


def _play(company: Company, story: Story, now: datetime) -> datetime:
    """All that happened to one system, in order of time; answers when its last result arrived, or it was created."""
    created = day(now, story.created_days_ago, "09:30")
    system = _create(company, story, created)
    arrivals = postings(story, now)
    events: list[Event] = [
        *(
            (day(now, each.days_ago, "10:00") + _minutes(story, each), _assessing(company, system, each, now))
            for each in story.assessments
        ),
        *((day(now, each.days_ago, "14:00"), _changing(company, system, each)) for each in story.changes),
        *((day(now, each.days_ago, "16:00"), _voiding(company, system, each, now)) for each in story.voids),
        *((day(now, each.days_ago, "11:00"), _telling(company, system, each)) for each in story.told),
        *((posting.received_at, _posting(company, posting.results)) for posting in arrivals),
    ]
    for at, play in sorted(events, key=lambda event: event[0]):
        play(at)
    return max((posting.received_at for posting in arrivals), default=created)


def _create(company: Company, story: Story, at: datetime) -> System:
    """The system as it began; a story tells by its changes how it became what it is."""
    owner = company.actors[story.owner].person if story.owner else None
    return create_system(
        actor=company.actors[story.by],
        at=at,
        name=story.name,
        slug=story.slug,
        rubric=story.rubric,
        windows=story.windows,
        description=story.description,
        team=company.teams[story.team],
        owner=owner,
        tags=list(story.tags),
        lifecycle=Lifecycle(story.lifecycle),
        repository_url=story.repository_url,
        target_score=Decimal(story.target_score) if story.target_score else None,
    )


def _minutes(story: Story, assessment: AssessmentStory) -> timedelta:
    """Some minutes of a working day."""
    return timedelta(minutes=dice(story.slug, "assessment", assessment.days_ago).randint(0, 360))


def _assessing(company: Company, system: System, story: AssessmentStory, now: datetime) -> Play:
    def play(at: datetime) -> None:
        actor = company.actors[story.by]
        effective_at = None if story.imported_from is None else day(now, story.imported_from, "12:00")
        draft = start_assessment(actor=actor, system=system, at=at, carry_forward=True, effective_at=effective_at)
        save_answers(actor=actor, assessment=draft, changes=story.changes(), at=at + timedelta(minutes=25))
        if story.draft:
            return
        final = finalise(actor=actor, assessment=draft, at=at + timedelta(minutes=40))
        if story.voided:
            voider = company.actors[story.voided["by"]]
            void_assessment(actor=voider, assessment=final, reason=story.voided["reason"], at=at + timedelta(hours=3))

    return play


def _changing(company: Company, system: System, story: ChangeStory) -> Play:
    def play(at: datetime) -> None:
        actor = company.actors[story.by]
        rules: dict[str, Any] = {field: value for field, value in story.values.items() if field in SYSTEM_RULES}
        others = {field: value for field, value in story.values.items() if field not in rules}
        if rules:
            change_rules(actor=actor, changes=rules, at=at, system=system)
        if others:
            update_system(actor=actor, system=system, changes=others, at=at)

    return play


def _voiding(company: Company, system: System, story: VoidStory, now: datetime) -> Play:
    def play(at: datetime) -> None:
        start = day(now, story.observed_days_ago)
        result = Result.objects.get(
            system=system, check_of__name=story.check, observed_at__range=(start, start + timedelta(days=1))
        )
        void_result(actor=company.actors[story.by], result_id=result.pk, reason=story.reason, at=at)

    return play


def _telling(company: Company, system: System, story: ToldStory) -> Play:
    def play(at: datetime) -> None:
        actor = company.actors[story.by] if story.by else company.pipelines
        told = Told(
            kind=EventKind.NOTE if story.by else EventKind.RELEASE,
            title=story.title,
            text=story.text,
            model_version=story.model_version,
        )
        record_event(actor=actor, system=system, told=told, at=at)

    return play


def _posting(company: Company, results: list[PostedResult]) -> Play:
    return lambda at: record_results(actor=company.pipelines, results=results, received_at=at)
