"""The votes of a session under attack: by thirty voters at once, and by going around its operations."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction

from accounts.actors import Actor
from accounts.models import Membership, Organisation
from assessments.models import Assessment, Ballot, Participant, Round, Tally, TeamSession
from assessments.operations import discard_draft, finalise, start_assessment
from assessments.sessions import cast_votes, end_session, reveal
from tests.assessments.team import opened, tallies, voters
from tests.cast import NOW
from tests.evidence.test_concurrency import together
from tests.factories import make_system

VOTERS = 30


@pytest.fixture
def draft(assessor: Membership) -> Assessment:
    system = make_system(assessor.organisation, NOW, slug="fraud")
    return start_assessment(actor=Actor.of(assessor), system=system, at=NOW)


@pytest.mark.django_db
def test_what_is_revealed_is_immutable_by_any_path(
    draft: Assessment, organisation: Organisation, assessor: Membership
) -> None:
    session = opened(draft, assessor)
    cast_votes(member=assessor, session=session, choices={"data-1": "none", "data-2": "none"})
    reveal(member=assessor, session=session, tests=["data-1"], at=NOW)
    tally, done = Tally.objects.get(), Round.objects.get()
    participant = Participant.objects.get()
    forbidden: list[Callable[[], object]] = [
        lambda: Tally.objects.filter(pk=tally.pk).update(votes=2),
        lambda: Tally.objects.filter(pk=tally.pk).update(choice="manual"),
        lambda: tally.delete(),
        lambda: Tally.objects.create(session=session, test="data-1", choice="manual", votes=1),
        lambda: Ballot.objects.create(session=session, participant=participant, test="data-1", choice="none"),
        lambda: Ballot.objects.update(test="data-1"),
        lambda: Round.objects.filter(pk=done.pk).update(test="data-2"),
        lambda: done.delete(),
        lambda: TeamSession.objects.update(anonymous=True),
        lambda: TeamSession.objects.update(viewers_vote=True),
        lambda: TeamSession.objects.all().delete(),
    ]
    ended: list[Callable[[], object]] = [
        lambda: Round.objects.filter(pk=done.pk).update(agreed="none"),
        lambda: TeamSession.objects.update(status="open"),
    ]

    def refused(actions: list[Callable[[], object]]) -> None:
        for action in actions:
            with pytest.raises(DatabaseError), transaction.atomic():
                action()

    refused(forbidden)
    end_session(member=assessor, session=session, at=NOW)
    refused([*forbidden[:4], *ended])
    finalise(actor=Actor.of(assessor), assessment=draft, at=NOW)
    refused([lambda: TeamSession.objects.all().discard()])
    assert tallies(session) == {("data-1", "none"): (1, [assessor.person.email])}


@pytest.mark.django_db
def test_a_discarded_draft_takes_its_sessions_along(draft: Assessment, assessor: Membership) -> None:
    session = opened(draft, assessor)
    cast_votes(member=assessor, session=session, choices={"data-1": "none", "data-2": "none"})
    reveal(member=assessor, session=session, tests=["data-1"], at=NOW)
    discard_draft(actor=Actor.of(assessor), assessment=draft, at=NOW)
    assert not any(model.objects.exists() for model in (TeamSession, Tally, Round, Ballot, Participant))


@pytest.mark.django_db(transaction=True)
def test_thirty_voters_at_once_lose_nothing(assessor: Membership, draft: Assessment) -> None:
    session = opened(draft, assessor, anonymous=True)
    team = voters(assessor.organisation, VOTERS)
    tests = [f"data-{number}" for number in range(1, 4)]
    accepted: list[str] = []
    half = threading.Semaphore(0)

    def vote(member: Membership) -> Callable[[], None]:
        def run() -> None:
            for choice in ("manual", "automated"):
                for test in tests:
                    cast = cast_votes(member=member, session=session, choices={test: choice})
                    if choice == "manual":
                        accepted.extend(cast.stored)
                half.release()

        return run

    def show() -> None:
        for _ in range(VOTERS):
            half.acquire()
        reveal(member=assessor, session=session, tests=["data-1"], at=NOW)

    assert together([*(vote(member) for member in team), show]) == []
    reveal(member=assessor, session=session, tests=["data-2", "data-3"], at=NOW)
    counted = {test: sum(votes for (of, _), (votes, _) in tallies(session).items() if of == test) for test in tests}
    assert counted == {test: accepted.count(test) for test in tests}
    assert counted["data-2"] == counted["data-3"] == VOTERS
    assert tallies(session)["data-3", "automated"][0] == VOTERS
    assert Participant.objects.count() == VOTERS
