"""The pages of a team session: a whole session without JavaScript, what they never say, and what they cost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Membership, Organisation, Role, Scope
from accounts.tokens import create_token
from assessments.changes import AnswerChange
from assessments.models import Answer, Assessment, Ballot, TeamSession
from assessments.operations import save_answers, start_assessment
from assessments.sessions import cast_votes, open_session, reveal
from tests.assessments.team import voters
from tests.cast import make_member
from tests.dashboards.pages import BUDGET, SignIn, read, text_of
from tests.factories import all_tests, make_system

pytestmark = pytest.mark.django_db
POSTING = 10
SCRIPTED = {"Accept": "application/json", "HX-Request": "true"}


@pytest.fixture
def draft(assessor: Membership) -> Assessment:
    now = timezone.now()
    return start_assessment(
        actor=Actor.of(assessor), system=make_system(assessor.organisation, now, slug="fraud"), at=now
    )


@pytest.fixture
def client(assessor: Membership, sign_in: SignIn) -> Client:
    return sign_in(assessor)


Opened = Callable[..., TeamSession]


@pytest.fixture
def opened(draft: Assessment, assessor: Membership) -> Opened:
    def open_it(*, anonymous: bool = False, viewers_vote: bool = False) -> TeamSession:
        return open_session(
            member=assessor, assessment=draft, anonymous=anonymous, viewers_vote=viewers_vote, at=timezone.now()
        )

    return open_it


def room(session: TeamSession, rest: str = "") -> str:
    return f"/o/acme/sessions/{session.code}/{rest}"


def of_draft(draft: Assessment, rest: str = "") -> str:
    return f"/o/acme/systems/fraud/assessments/{draft.pk}/{rest}"


def statements(queries: CaptureQueriesContext) -> list[str]:
    """What was sent to the database, transaction control aside."""
    control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
    return [query["sql"] for query in queries.captured_queries if not query["sql"].startswith(control)]


def test_a_whole_session_without_javascript(
    client: Client, draft: Assessment, assessor: Membership, viewer: Membership, sign_in: SignIn
) -> None:
    start = of_draft(draft, "session/")
    assert start in read(client, of_draft(draft))
    assert "named or anonymous" in client.post(start, {}, follow=True).content.decode()
    response = client.post(start, {"votes": "named"})
    session = TeamSession.objects.get()
    assert (response["Location"], session.anonymous, session.viewers_vote) == (room(session), False, False)
    assert client.get(start)["Location"] == room(session)
    assert "Nobody has joined yet." in text_of(read(client, room(session)))
    other = sign_in(voters(assessor.organisation, 1)[0])
    typed = f"{session.code[:3].lower()} {session.code[3:]}"
    assert other.get("/o/acme/sessions/", {"code": typed})["Location"] == room(session, "vote/")
    assert other.get("/o/acme/sessions/", {"code": "ZZZZZZ\x00"}).status_code == 404
    assert "Join the session" in read(other, room(session, "vote/"))
    other.post(room(session, "vote/"))
    assert 'name="vote-data-1"' in read(other, room(session, "vote/"))
    other.post(room(session, "vote/"), {"vote-data-1": "automated", "vote-data-2": "none"})
    client.post(room(session, "vote/"), {f"vote-{test}": "none" for test in all_tests(draft.system)})
    assert "1 of 2 have answered." in text_of(read(client, room(session)))
    assert 'id="data-1-automated" value="automated" checked' in re.sub(r"\s+", " ", read(other, room(session, "vote/")))
    assert "1 of 2 have answered." in read(client, room(session, "reveal/"))
    client.post(room(session, "reveal/"), {"test": "data-1"})
    late = other.post(room(session, "vote/"), {"vote-data-1": "none"}, follow=True)
    assert "Revealed before your answer came: data-1." in text_of(late.content.decode())
    client.post(room(session, "reveal/"))
    page = text_of(read(other, room(session)))
    assert "Two levels apart None 1 vote Axel Automated 1 vote Voter00" in page
    assert page.index("Two levels apart") < page.index("All agree") < page.index("One says")
    assert "Agreed level" not in read(other, room(session))
    agree = {"choice": "manual", "justification": "By hand, each release.", "version": "0"}
    assert client.post(room(session, "agree/data-1/"), agree)["Location"] == room(session) + "#data-1"
    answer = Answer.objects.get()
    assert (answer.test, answer.level, answer.justification) == ("data-1", "manual", agree["justification"])
    assert "Cancel" not in read(client, room(session, "end/"))
    client.post(room(session, "end/"))
    assert client.get(room(session, "vote/"))["Location"] == room(session)
    assert "2 took part" in text_of(read(client, room(session)))
    client.post(of_draft(draft, "finalise/"))
    kept = text_of(read(sign_in(viewer), of_draft(draft)))
    assert "votes and agreements on 28 tests" in kept
    assert "Two levels apart None 1 vote Axel Automated 1 vote Voter00 Agreed: Manual" in kept


@pytest.mark.parametrize("anonymous", [False, True])
def test_hidden_votes_change_no_answer_of_the_server(
    opened: Opened, draft: Assessment, assessor: Membership, owner: Membership, sign_in: SignIn, anonymous: bool
) -> None:
    session = opened(anonymous=anonymous)
    team = voters(assessor.organisation, 3)
    _, secret = create_token(
        actor=Actor.of(owner), name="reader", scopes=list(Scope), system_id=None, expires_at=None, at=timezone.now()
    )
    readers = [sign_in(member) for member in (assessor, owner, team[0])]
    pages = [
        room(session),
        room(session, "progress/"),
        "/o/acme/sessions/",
        "/o/acme/activity/",
        "/o/acme/systems/fraud/",
    ]
    pages += [of_draft(draft, rest) for rest in ("", "csv/", "review/", "discard/")] + [room(session, "vote/")]
    api = [f"/api/v1/systems/fraud/assessments/{draft.pk}/", "/api/v1/systems/fraud/score/"]

    def seen() -> list[str]:
        shown = [reader.get(page).content.decode() for reader in readers for page in pages]
        shown += [readers[0].get(room(session, "end/")).content.decode()]
        shown += [Client(headers={"Authorization": f"Bearer {secret}"}).get(page).content.decode() for page in api]
        return [re.sub(r'X-CSRFToken": "\w+|csrfmiddlewaretoken" value="\w+|"at":"[^"]+', "", each) for each in shown]

    def vote(*choices: str) -> list[str]:
        cast_votes(member=team[0], session=session, choices={"data-1": "manual"})
        for member, choice in zip(team[1:], choices, strict=True):
            cast_votes(member=member, session=session, choices={"data-1": choice})
        return seen()

    before = vote("none", "none")
    assert vote("automated", "na") == before
    assert vote("none", "unsure") == before
    reveal(member=assessor, session=session, tests=["data-1"], at=timezone.now())
    after = seen()
    assert after != before
    assert ("Voter01" in after[0]) is not anonymous


def test_no_page_reads_what_others_voted(opened: Opened, assessor: Membership, client: Client) -> None:
    session = opened()
    other = voters(assessor.organisation, 1)[0]
    cast_votes(member=other, session=session, choices={"data-1": "automated"})
    cast_votes(member=assessor, session=session, choices={"data-2": "none"})
    column = f'"{Ballot._meta.db_table}"."choice"'
    for page, own in (("", False), ("progress/", False), ("reveal/", False), ("end/", False), ("vote/", True)):
        with CaptureQueriesContext(connection) as queries:
            read(client, room(session, page))
        choosing = [sql for sql in statements(queries) if column in sql]
        # One's own page reads one participant's ballots.
        assert len(choosing) == own
        assert all('"participant_id" = ' in sql for sql in choosing)


def test_what_requests_cost(
    opened: Opened, draft: Assessment, assessor: Membership, client: Client, sign_in: SignIn
) -> None:
    session = opened()
    team = voters(assessor.organisation, 12)
    tests = all_tests(draft.system)
    for number, member in enumerate(team):
        choices = dict.fromkeys(tests, ("none", "manual", "automated")[number % 3])
        cast_votes(member=member, session=session, choices=choices)

    def cost(request: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as queries:
            request()
        return len(statements(queries))

    voter = sign_in(team[0])
    poll = room(session, "progress/")
    etag = voter.get(poll)["ETag"]
    assert cost(lambda: voter.get(poll)) <= 7
    assert cost(lambda: client.get(poll)) <= 8
    unchanged = voter.get(poll, headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", etag)
    assert cost(lambda: voter.get(poll, headers={"If-None-Match": etag})) <= 4
    assert cost(lambda: voter.post(room(session, "vote/"), {"vote-data-1": "na"}, headers=SCRIPTED)) <= POSTING
    assert voter.get(poll, headers={"If-None-Match": etag}).status_code == 200
    newcomer = sign_in(make_member(assessor.organisation, "late", Role.ASSESSOR))
    everything = {f"vote-{test}": "none" for test in tests}
    assert cost(lambda: newcomer.post(room(session, "vote/"), everything, headers=SCRIPTED)) <= POSTING
    assert cost(lambda: client.get(room(session, "vote/"))) <= BUDGET
    assert cost(lambda: client.post(room(session, "reveal/"))) <= POSTING
    agree = {"choice": "manual", "version": "0"}
    assert cost(lambda: client.post(room(session, "agree/data-1/"), agree)) <= POSTING
    for page in (room(session), room(session, "vote/"), of_draft(draft)):
        assert cost(lambda page=page: voter.get(page)) <= BUDGET  # type: ignore[misc]
    client.post(room(session, "end/"))
    opened()
    client.post(of_draft(draft, "finalise/"))
    assert cost(lambda: voter.get(of_draft(draft))) <= BUDGET


def test_that_a_test_does_not_apply_is_a_vote_where_the_organisation_allows_it_alone(
    opened: Opened, assessor: Membership, client: Client
) -> None:
    session = opened()
    client.post(room(session, "vote/"))
    assert 'value="na"' in read(client, room(session, "vote/"))
    Organisation.objects.filter(pk=assessor.organisation_id).update(allow_not_applicable=False)
    assert 'value="na"' not in read(client, room(session, "vote/"))
    refused = client.post(room(session, "vote/"), {"vote-data-1": "na"}, headers=SCRIPTED)
    assert refused.status_code == 400
    assert not Ballot.objects.exists()


def test_a_script_is_told_what_became_of_each_vote(
    opened: Opened, assessor: Membership, client: Client, viewer: Membership, sign_in: SignIn
) -> None:
    session = opened()

    def cast(by: Client, **choices: str) -> tuple[int, object]:
        fields = {f"vote-{test.replace('_', '-')}": choice for test, choice in choices.items()}
        response = by.post(room(session, "vote/"), fields, headers=SCRIPTED)
        return response.status_code, response.json() if "json" in response["Content-Type"] else None

    assert cast(client, data_1="none", data_2="na") == (200, {"stored": ["data-1", "data-2"], "too_late": []})
    client.post(room(session, "reveal/"), {"test": "data-1"})
    assert cast(client, data_1="manual", data_3="none") == (200, {"stored": ["data-3"], "too_late": ["data-1"]})
    assert cast(client, data_1="perhaps")[0] == 400
    assert cast(sign_in(viewer), data_2="none") == (403, None)
    assert cast(Client(), data_2="none") == (401, None)
    client.post(room(session, "end/"))
    assert cast(client, data_2="none") == (409, {"detail": "This session has ended."})


def test_an_agreement_never_overwrites_what_it_has_not_seen(
    opened: Opened, draft: Assessment, assessor: Membership, admin: Membership, client: Client
) -> None:
    session = opened()
    cast_votes(member=assessor, session=session, choices={"data-1": "none"})
    agree = room(session, "agree/data-1/")
    mine = {"choice": "manual", "justification": "Ours.", "version": "0"}
    assert "are hidden; reveal them first" in client.post(agree, mine, follow=True).content.decode()
    client.post(room(session, "reveal/"))
    change = AnswerChange("data-1", level="automated", justification="Theirs.")
    save_answers(actor=Actor.of(admin), assessment=draft, changes=[change], at=timezone.now())
    refused = client.post(agree, mine)
    page = text_of(refused.content.decode())
    assert refused.status_code == 409
    assert "Ada changed this answer in the draft meanwhile." in page
    assert "Automated : “Theirs.”" in page and "Ours." in page
    assert Answer.objects.get().justification == "Theirs."
    for choice, version in (("", "1"), ("na", "1"), ("unsure", "1")):
        assert client.post(agree, {"choice": choice, "version": version}).status_code == 400
    assert client.post(agree, {**mine, "version": "x" * 20}).status_code == 409
    assert client.post(agree, {**mine, "version": "1"}).status_code == 302
    assert Answer.objects.get().justification == "Ours."
    assert client.post(room(session, "agree/data-9/"), mine).status_code == 302


def test_only_leaders_lead_and_only_the_invited_vote(
    opened: Opened, assessor: Membership, viewer: Membership, admin: Membership, stranger: Membership, sign_in: SignIn
) -> None:
    session = opened(viewers_vote=True)
    other = sign_in(voters(assessor.organisation, 1)[0])
    for rest in ("reveal/", "end/", "agree/data-1/"):
        assert other.post(room(session, rest), {"choice": "none"}).status_code == 403
    assert "End the session" not in read(other, room(session))
    assert "End the session" in read(sign_in(admin), room(session))
    guest = sign_in(viewer)
    guest.post(room(session, "vote/"), {"vote-data-1": "none"})
    assert Ballot.objects.count() == 1
    abroad = sign_in(stranger)
    assert abroad.get(room(session)).status_code == 404
    assert abroad.get(f"/o/globex/sessions/{session.code}/").status_code == 404
    assert abroad.post(f"/o/globex/sessions/{session.code}/vote/").status_code == 404
