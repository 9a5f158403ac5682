"""A team and its session, for the tests of sessions."""

from __future__ import annotations

from accounts.models import Membership, Organisation, Role
from assessments.models import Assessment, Tally, TeamSession
from assessments.sessions import open_session
from tests.cast import NOW, make_member


def opened(draft: Assessment, by: Membership, *, anonymous: bool = False, viewers_vote: bool = False) -> TeamSession:
    return open_session(member=by, assessment=draft, anonymous=anonymous, viewers_vote=viewers_vote, at=NOW)


def voters(organisation: Organisation, count: int) -> list[Membership]:
    return [make_member(organisation, f"voter{number:02}", Role.ASSESSOR) for number in range(count)]


def tallies(session: TeamSession) -> dict[tuple[str, str], tuple[int, list[str]]]:
    rows = Tally.objects.filter(session=session).values_list("test", "choice", "votes", "voters")
    return {(test, choice): (votes, names) for test, choice, votes, names in rows}
