"""What a team can do in a session: open it, vote, reveal, agree, end it.

Votes are hidden from everybody until they are revealed: no operation returns one, and `own_votes` gives a member theirs.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Forbidden, Invalid
from accounts.models import Membership, Role
from assessments.changes import AnswerChange
from assessments.models import Assessment, Ballot, Choice, Participant, Round, SessionStatus, Tally, TeamSession
from assessments.operations import save_answers
from rubric.loader import builtin

FEWEST_ANONYMOUS = 3
"""Anonymous votes on a test are shown from so many: of fewer, each voter would know the others'."""
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Cast:
    """What became of votes: the tests whose vote is stored, and those that were revealed before it came."""

    stored: list[str]
    too_late: list[str]


@dataclass(frozen=True, slots=True)
class Revealed:
    """What a reveal did: the tests that it showed, and those that have too few anonymous votes to be shown."""

    tests: list[str]
    withheld: list[str]


@transaction.atomic
def open_session(
    *, member: Membership, assessment: Assessment, anonymous: bool, viewers_vote: bool, at: datetime
) -> TeamSession:
    """Open a session on a draft; the member becomes its facilitator. `at` is aware.

    Raises Conflict when the assessment is no draft or has an open session, Forbidden below assessor.
    """
    if not member.may(Role.ASSESSOR):
        raise Forbidden("Opening a team session needs the role assessor or a higher one.")
    drafts = Assessment.objects.visible_to(member).select_for_update(of=("self",)).select_related("system")
    draft = drafts.get(pk=assessment.pk)
    if not draft.is_draft:
        raise Conflict("This assessment is final; a team session needs a draft.")
    if draft.sessions.filter(status=SessionStatus.OPEN).exists():
        raise Conflict("A team session is open on this draft already.")
    session = TeamSession.objects.create(
        assessment=draft,
        code="".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH)),
        anonymous=anonymous,
        viewers_vote=viewers_vote,
        facilitator=member.person,
        opened_at=at,
        salt=secrets.token_hex(32),
    )
    kind = "an anonymous" if anonymous else "a named"
    _log(member, session, at, "session.opened", f"Opened {kind} team session on a draft of {draft.system}")
    return session


@transaction.atomic
def cast_votes(*, member: Membership, session: TeamSession, choices: Mapping[str, str]) -> Cast:
    """Join the session and store the member's votes by test, in place of their earlier ones; none is a joining alone.

    A vote on a test that was revealed meanwhile is left out and named. Raises Invalid (paths start at the test's key),
    Conflict when the session has ended, Forbidden for those whom it does not invite.
    """
    if not session.invites(member):
        raise Forbidden("Viewers don’t vote in this session.")
    tests, taken = builtin()[session.assessment.rubric].tests, [each.value for each in choices_of(session)]
    faults = [FieldFault((test,), f"{test!r} is no test of this rubric.") for test in choices if test not in tests]
    faults += [
        FieldFault((test,), f"One of {', '.join(taken)}.") for test, choice in choices.items() if choice not in taken
    ]
    if faults:
        raise Invalid(*faults)
    _lock(member, session)
    participant = _joined(member, session)
    revealed = _revealed(session)
    stored = [test for test in choices if test not in revealed]
    if stored:
        Ballot.objects.bulk_create(
            (Ballot(session=session, participant=participant, test=test, choice=choices[test]) for test in stored),
            update_conflicts=True,
            unique_fields=["participant", "test"],
            update_fields=["choice"],
        )
    return Cast(stored, [test for test in choices if test in revealed])


def choices_of(session: TeamSession) -> list[Choice]:
    """What can be voted: everything, but that a test does not apply only where the organisation allows that."""
    allowed = session.assessment.system.organisation.allow_not_applicable
    return [each for each in Choice if allowed or each is not Choice.NOT_APPLICABLE]


def own_votes(*, member: Membership, session: TeamSession) -> dict[str, str] | None:
    """The member's own hidden votes by test; None where they have not joined."""
    participant = Participant.objects.filter(session=session, voter=_voter(member, session)).first()
    if participant is None:
        return None
    return dict(participant.ballots.values_list("test", "choice"))


@transaction.atomic
def reveal(*, member: Membership, session: TeamSession, tests: Collection[str] | None, at: datetime) -> Revealed:
    """Show the votes on these tests, or on all (None), for good; what is shown already stays as it is.

    Fewer than FEWEST_ANONYMOUS votes on a test of an anonymous session stay hidden. Raises Conflict when the session has
    ended, Forbidden for those who don't lead it, Invalid for an unknown test.
    """
    _refuse_unless_leading(member, session)
    known = builtin()[session.assessment.rubric].tests
    unknown = [test for test in tests or () if test not in known]
    if unknown:
        raise Invalid(*(FieldFault((test,), f"{test!r} is no test of this rubric.") for test in unknown))
    _lock(member, session)
    revealed = _revealed(session)
    wanted = [test for test in known if (tests is None or test in tests) and test not in revealed]
    votes = _counted(session, wanted)
    withheld = [test for test in wanted if session.anonymous and 0 < _total(votes[test]) < FEWEST_ANONYMOUS]
    shown = [test for test in wanted if test not in withheld]
    if shown:
        _show(session, {test: votes[test] for test in shown}, at)
        summary = f"Revealed a team session’s votes on {session.assessment.system}, tests: {len(shown)}"
        _log(member, session, at, "session.revealed", summary, tests=shown)
    return Revealed(shown, withheld)


@transaction.atomic
def agree(
    *, member: Membership, session: TeamSession, test: str, choice: str, justification: str, version: int, at: datetime
) -> None:
    """Set the level that the team agreed on for a revealed test: it becomes the draft's answer, and is kept here.

    `version` is that of the answer which the member has seen, 0 without one. Raises what `save_answers` raises
    (StaleAnswer, Invalid, Conflict for a final assessment); Conflict when the session has ended or the test is
    hidden; Forbidden for those who don't lead it.
    """
    _refuse_unless_leading(member, session)
    not_applicable = choice == Choice.NOT_APPLICABLE
    change = AnswerChange(
        test,
        level=Choice.NONE.value if not_applicable else choice,
        justification=justification,
        not_applicable=not_applicable,
        version=version,
    )
    # The assessment's lock comes before the session's, as where a draft is discarded.
    save_answers(actor=Actor.of(member), assessment=session.assessment, changes=[change], at=at)
    _lock(member, session)
    rounds = Round.objects.filter(session=session, test=test)
    if not rounds.update(agreed=choice, agreed_by=member.person.email, agreed_at=at):
        raise Conflict("The votes on this test are hidden; reveal them first.")


@transaction.atomic
def end_session(*, member: Membership, session: TeamSession, at: datetime) -> TeamSession:
    """Close the session: hidden votes are deleted, with all that tells voters apart; what was revealed is kept.

    Where nothing was revealed, nothing is kept and it counts as cancelled. Raises Conflict when it has ended, Forbidden
    for those who don't lead it.
    """
    _refuse_unless_leading(member, session)
    _lock(member, session)
    closed = bool(_revealed(session))
    session.participants = session.joined.count()
    session.ballots.all().delete()
    session.joined.all().delete()
    session.status = SessionStatus.CLOSED if closed else SessionStatus.CANCELLED
    session.salt, session.ended_at = "", at
    session.save(update_fields=["participants", "status", "salt", "ended_at"])
    done = "Closed" if closed else "Cancelled"
    action = f"session.{done.lower()}"
    _log(member, session, at, action, f"{done} a team session on {session.assessment.system}")
    return session


def _lock(member: Membership, session: TeamSession) -> None:
    """Take the session's lock by counting its pulse up, where it is the member's organisation's and open.

    A plain statement on the row itself: whoever waited for the lock sees the status that its holder left.
    """
    if session.assessment.system.organisation_id != member.organisation_id:
        raise TeamSession.DoesNotExist
    if not TeamSession.objects.filter(pk=session.pk, status=SessionStatus.OPEN).update(pulse=F("pulse") + 1):
        raise Conflict("This session has ended.")


def _refuse_unless_leading(member: Membership, session: TeamSession) -> None:
    if not session.led_by(member):
        raise Forbidden("Only the facilitator and admins lead this session.")


def _voter(member: Membership, session: TeamSession) -> str:
    """Tells one person from another in this session; without the server's key it leads to nobody."""
    return salted_hmac(f"team session {session.salt}", str(member.person_id), algorithm="sha256").hexdigest()


def _joined(member: Membership, session: TeamSession) -> Participant:
    voter = _voter(member, session)
    found = Participant.objects.filter(session=session, voter=voter).first()
    person = None if session.anonymous else member.person
    return found or Participant.objects.create(session=session, voter=voter, person=person)


def _revealed(session: TeamSession) -> set[str]:
    return set(Round.objects.filter(session=session).values_list("test", flat=True))


Voters = dict[str, list[str]]
"""The voters by choice: e-mail addresses, or empty strings in an anonymous session."""


def _counted(session: TeamSession, tests: Iterable[str]) -> dict[str, Voters]:
    votes: dict[str, Voters] = {test: defaultdict(list) for test in tests}
    rows = Ballot.objects.filter(session=session, test__in=votes)
    for test, choice, email in rows.values_list("test", "choice", "participant__person__email"):
        votes[test][choice].append(email or "")
    return votes


def _total(voters: Voters) -> int:
    return sum(map(len, voters.values()))


def _show(session: TeamSession, votes: Mapping[str, Voters], at: datetime) -> None:
    """Turn ballots into tallies. The rounds come last: from then on triggers refuse tallies and ballots of their tests."""
    Tally.objects.bulk_create(
        Tally(
            session=session,
            test=test,
            choice=choice,
            votes=len(voters),
            voters=[] if session.anonymous else sorted(voters),
        )
        for test, by_choice in votes.items()
        for choice, voters in sorted(by_choice.items())
    )
    Ballot.objects.filter(session=session, test__in=votes).delete()
    Round.objects.bulk_create(Round(session=session, test=test, revealed_at=at) for test in votes)


def _log(member: Membership, session: TeamSession, at: datetime, action: str, summary: str, **details: object) -> None:
    activity.record(
        actor=Actor.of(member),
        at=at,
        action=action,
        summary=summary,
        system_id=session.assessment.system_id,
        details={"session": session.code, "assessment": session.assessment_id, **details},
    )
