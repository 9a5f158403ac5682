"""A team session by its operations and by going around them: who may, what stays hidden, what is kept."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Forbidden, Invalid
from accounts.models import Activity, Membership, Organisation, Role
from assessments.changes import AnswerChange, StaleAnswer
from assessments.models import Answer, Assessment, Ballot, Participant, Round, Tally, TeamSession
from assessments.operations import finalise, save_answers, start_assessment
from assessments.sessions import Cast, Revealed, agree, cast_votes, end_session, own_votes, reveal
from assessments.spread import disagreement
from tests.assessments.team import opened, tallies, voters
from tests.cast import NOW, make_member
from tests.factories import make_system


@pytest.fixture
def draft(assessor: Membership) -> Assessment:
    system = make_system(assessor.organisation, NOW, slug="fraud")
    return start_assessment(actor=Actor.of(assessor), system=system, at=NOW)


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ({}, 0),
        ({"automated": 1}, 0),
        ({"manual": 5}, 0),
        ({"none": 1, "automated": 1}, 2),
        ({"none": 1, "manual": 1}, 1),
        ({"manual": 1, "na": 1}, 1),
        ({"none": 2, "automated": 2}, Fraction(4, 3)),
        ({"none": 1, "manual": 1, "automated": 1}, Fraction(4, 3)),
        ({"none": 1, "manual": 4}, Fraction(2, 5)),
        ({"none": 1, "unsure": 9}, 0),
        ({"none": 1, "automated": 1, "unsure": 9}, 2),
    ],
)
def test_disagreement_is_the_mean_distance_of_two_votes(votes: dict[str, int], expected: Fraction) -> None:
    assert disagreement(votes) == expected


@pytest.mark.django_db
@pytest.mark.parametrize("anonymous", [False, True])
def test_votes_are_replaced_revealed_and_kept(
    draft: Assessment, organisation: Organisation, assessor: Membership, anonymous: bool
) -> None:
    session = opened(draft, assessor, anonymous=anonymous)
    team = voters(organisation, 4)
    for member, choice in zip(team, ["none", "manual", "manual", "unsure"], strict=True):
        assert cast_votes(member=member, session=session, choices={"data-1": "automated"}) == Cast(["data-1"], [])
        cast_votes(member=member, session=session, choices={"data-1": choice, "data-2": "na"})
    assert own_votes(member=team[0], session=session) == {"data-1": "none", "data-2": "na"}
    assert own_votes(member=assessor, session=session) is None
    assert tallies(session) == {}
    assert reveal(member=assessor, session=session, tests=["data-1"], at=NOW) == Revealed(["data-1"], [])

    def named(*numbers: int) -> list[str]:
        return [] if anonymous else [f"voter{number:02}@example.org" for number in numbers]

    assert tallies(session) == {
        ("data-1", "none"): (1, named(0)),
        ("data-1", "manual"): (2, named(1, 2)),
        ("data-1", "unsure"): (1, named(3)),
    }
    # What is shown takes no more votes; what is hidden does.
    late = cast_votes(member=team[0], session=session, choices={"data-1": "automated", "data-3": "manual"})
    assert late == Cast(["data-3"], ["data-1"])
    assert reveal(member=assessor, session=session, tests=["data-1"], at=NOW) == Revealed([], [])
    assert tallies(session)["data-1", "manual"][0] == 2
    assert Ballot.objects.filter(test="data-1").count() == 0
    ended = end_session(member=assessor, session=session, at=NOW)
    assert (ended.status, ended.participants, ended.salt) == ("closed", 4, "")
    assert not Ballot.objects.exists() and not Participant.objects.exists()
    assert sum(votes for votes, _ in tallies(session).values()) == 4
    actions = list(
        Activity.objects.filter(action__startswith="session").order_by("pk").values_list("action", flat=True)
    )
    assert actions == ["session.opened", "session.revealed", "session.closed"]


@pytest.mark.django_db
def test_an_anonymous_session_links_no_vote_to_a_person(
    draft: Assessment, organisation: Organisation, assessor: Membership
) -> None:
    session = opened(draft, assessor, anonymous=True)
    team = voters(organisation, 3)
    with CaptureQueriesContext(connection) as queries:
        for member in team:
            cast_votes(member=member, session=session, choices={"data-1": "manual", "data-2": "none"})
    stored: list[Any] = [*Participant.objects.values(), *Ballot.objects.values()]
    assert {row["person_id"] for row in stored if "person_id" in row} == {None}
    assert not any(field.endswith("_at") for row in stored for field in row)
    assert {row["voter"] for row in stored if "voter" in row}.isdisjoint(str(member.person_id) for member in team)
    writes = [query["sql"] for query in queries.captured_queries if query["sql"].startswith("INSERT")]
    assert writes and not any("accounts_activity" in sql or "@example.org" in sql for sql in writes)
    # The same people are other voters in another session.
    hashes = set(Participant.objects.values_list("voter", flat=True))
    end_session(member=assessor, session=session, at=NOW)
    again = opened(draft, assessor, anonymous=True)
    cast_votes(member=team[0], session=again, choices={})
    assert hashes.isdisjoint(Participant.objects.values_list("voter", flat=True))
    for names in ({"person": team[0].person}, {}):
        with pytest.raises(DatabaseError, match="no names"), transaction.atomic():
            if names:
                Participant.objects.create(session=again, voter="x", **names)
            else:
                Tally.objects.create(session=again, test="data-1", choice="none", votes=1, voters=["a@b.example"])


@pytest.mark.django_db
def test_few_anonymous_votes_stay_hidden(draft: Assessment, organisation: Organisation, assessor: Membership) -> None:
    session = opened(draft, assessor, anonymous=True)
    team = voters(organisation, 3)
    for count, test in ((1, "data-1"), (2, "data-2"), (3, "data-3")):
        for member in team[:count]:
            cast_votes(member=member, session=session, choices={test: "manual"})
    revealed = reveal(member=assessor, session=session, tests=None, at=NOW)
    assert revealed.withheld == ["data-1", "data-2"]
    assert len(revealed.tests) == 26
    assert tallies(session) == {("data-3", "manual"): (3, [])}
    assert not Round.objects.filter(test__in=revealed.withheld).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "invited", "votes", "leads"),
    [
        ("viewer", False, False, False),
        ("viewer", True, True, False),
        ("other assessor", False, True, False),
        ("facilitator", False, True, True),
        ("facilitator, made a viewer", False, False, False),
        ("admin", False, True, True),
        ("stranger", True, None, None),
    ],
)
def test_who_votes_and_who_leads(
    draft: Assessment,
    assessor: Membership,
    viewer: Membership,
    admin: Membership,
    stranger: Membership,
    who: str,
    invited: bool,
    votes: bool | None,
    leads: bool | None,
) -> None:
    session = opened(draft, assessor, viewers_vote=invited)
    other = make_member(assessor.organisation, "other", Role.ASSESSOR)
    cast_votes(member=other, session=session, choices={"data-1": "manual"})
    if who == "facilitator, made a viewer":
        assessor.role = Role.VIEWER
    member = {"viewer": viewer, "other assessor": other, "admin": admin, "stranger": stranger}.get(who, assessor)
    actions: list[tuple[bool | None, Callable[[], object]]] = [
        (votes, lambda: cast_votes(member=member, session=session, choices={"data-2": "none"})),
        (leads, lambda: reveal(member=member, session=session, tests=["data-1"], at=NOW)),
        (leads, lambda: end_session(member=member, session=session, at=NOW)),
    ]
    for allowed, action in actions:
        if allowed:
            action()
        else:
            # A stranger's organisation has no such session; the role says nothing of it.
            with pytest.raises(TeamSession.DoesNotExist if allowed is None else Forbidden):
                action()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("choices", "faults"),
    [
        ({"data-9": "manual"}, ["data-9"]),
        ({"data-1": "maybe"}, ["data-1"]),
        ({"data-1": "", "data-2": "none"}, ["data-1"]),
    ],
)
def test_a_wrong_vote_stores_none(
    draft: Assessment, assessor: Membership, choices: dict[str, str], faults: list[str]
) -> None:
    session = opened(draft, assessor)
    with pytest.raises(Invalid) as refused:
        cast_votes(member=assessor, session=session, choices=choices)
    assert [fault.path for fault in refused.value.faults] == [(test,) for test in faults]
    assert isinstance(refused.value.faults[0], FieldFault)
    assert not Ballot.objects.exists()


@pytest.mark.django_db
def test_opening_needs_a_draft_without_an_open_session(
    draft: Assessment, assessor: Membership, viewer: Membership
) -> None:
    with pytest.raises(Forbidden):
        opened(draft, viewer)
    session = opened(draft, assessor)
    with pytest.raises(Conflict, match="open on this draft"):
        opened(draft, assessor)
    assert end_session(member=assessor, session=session, at=NOW).status == "cancelled"
    for action in (
        lambda: cast_votes(member=assessor, session=session, choices={}),
        lambda: reveal(member=assessor, session=session, tests=None, at=NOW),
        lambda: end_session(member=assessor, session=session, at=NOW),
    ):
        with pytest.raises(Conflict, match="has ended"):
            action()
    opened(draft, assessor)
    finalise(actor=Actor.of(assessor), assessment=draft, at=NOW)
    with pytest.raises(Conflict, match="final"):
        opened(draft, assessor)


@pytest.mark.django_db
def test_the_agreement_is_the_answer_and_is_kept(draft: Assessment, assessor: Membership) -> None:
    session = opened(draft, assessor)
    cast_votes(member=assessor, session=session, choices={"data-1": "none", "data-2": "na"})

    def settle(test: str, choice: str, why: str = "", version: int = 0) -> None:
        agree(member=assessor, session=session, test=test, choice=choice, justification=why, version=version, at=NOW)

    with pytest.raises(Conflict, match="hidden"):
        settle("data-1", "manual")
    assert not Answer.objects.exists()
    reveal(member=assessor, session=session, tests=None, at=NOW)
    settle("data-1", "manual", "Reviewed by hand.")
    settle("data-2", "na", "No such feature.")
    for test, choice in (("data-3", "unsure"), ("data-3", ""), ("data-3", "na"), ("data-9", "none")):
        with pytest.raises(Invalid):
            settle(test, choice)
    answers = {each.test: (each.level, each.not_applicable, each.justification) for each in draft.answers.all()}
    assert answers == {
        "data-1": ("manual", False, "Reviewed by hand."),
        "data-2": ("none", True, "No such feature."),
    }
    save_answers(
        actor=Actor.of(assessor), assessment=draft, changes=[AnswerChange("data-1", level="automated")], at=NOW
    )
    with pytest.raises(StaleAnswer):
        settle("data-1", "none", version=1)
    kept = dict(Round.objects.exclude(agreed="").values_list("test", "agreed"))
    assert kept == {"data-1": "manual", "data-2": "na"}
    settle("data-1", "none", version=2)
    assert Round.objects.get(test="data-1").agreed == "none"
    end_session(member=assessor, session=session, at=NOW)
    with pytest.raises(Conflict):
        settle("data-1", "manual", version=3)
