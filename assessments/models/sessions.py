"""Team sessions: what is hidden until it is revealed, and what is kept of it afterwards.

A vote is a `Ballot` while it is hidden. Revealing a test counts its ballots into tallies, deletes them and writes the
test's round, in one transaction; from then on triggers refuse every vote on it and every change of its tallies.
"""

from __future__ import annotations

import uuid

from django.db import models

from accounts.models import Membership, Person, Role, Token
from assessments.models.core import Assessment, System


class Choice(models.TextChoices):
    """What a member can vote: a level, that the test does not apply, or that they don't know."""

    NONE = "none", "None"
    MANUAL = "manual", "Manual"
    AUTOMATED = "automated", "Automated"
    NOT_APPLICABLE = "na", "n/a"
    UNSURE = "unsure", "Don’t know"


class SessionStatus(models.TextChoices):
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    DISCARDED = "discarded"


class TeamSessionQuerySet(models.QuerySet["TeamSession"]):
    def visible_to(self, reader: Membership | Token) -> TeamSessionQuerySet:
        """The sessions on the systems this reader may see."""
        return self.filter(assessment__system__in=System.objects.visible_to(reader))

    def kept(self) -> TeamSessionQuerySet:
        """Those that have, or may still have, something to show; oldest first."""
        return self.filter(status__in=(SessionStatus.OPEN, SessionStatus.CLOSED)).order_by("opened_at", "pk")

    def discard(self) -> None:
        """Delete the sessions with all their votes; triggers let nothing but a discarded one go."""
        self.update(status=SessionStatus.DISCARDED)
        self.all().delete()


class TeamSession(models.Model):
    """A vote of the team on the tests of a draft. `anonymous` and `viewers_vote` stand from the beginning, by trigger.

    `salt` goes into the hashes by which voters are told apart; it is wiped when the session ends, as are the
    participants, of whom `participants` keeps the number. `pulse` rises with every change that a page could show.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="sessions")
    code = models.CharField(max_length=8, unique=True)
    anonymous = models.BooleanField()
    viewers_vote = models.BooleanField()
    facilitator = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=9, choices=SessionStatus.choices, default=SessionStatus.OPEN)
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    participants = models.PositiveIntegerField(null=True, blank=True)
    salt = models.CharField(max_length=64, blank=True)
    pulse = models.PositiveIntegerField(default=0)

    objects = TeamSessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment"], condition=models.Q(status="open"), name="session_one_open_per_assessment"
            ),
            models.CheckConstraint(condition=models.Q(status__in=SessionStatus.values), name="session_status_is_known"),
        ]

    def __str__(self) -> str:
        return f"team session {self.code}"

    @property
    def is_open(self) -> bool:
        return self.status == SessionStatus.OPEN

    def invites(self, membership: Membership) -> bool:
        """Whether this member may vote: assessors and above, and viewers where the session invites them."""
        return self.viewers_vote or membership.may(Role.ASSESSOR)

    def led_by(self, membership: Membership) -> bool:
        """Whether this member may reveal, set levels and end it: the facilitator while they may assess, and admins."""
        own = membership.person_id == self.facilitator_id and membership.may(Role.ASSESSOR)
        return own or membership.may(Role.ADMIN)


class Participant(models.Model):
    """Somebody who joined an open session.

    `voter` is a keyed hash of session and person, which prevents voting twice; `person` is null in anonymous sessions.
    Keys are random, so that no order tells who came when.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(TeamSession, on_delete=models.CASCADE, related_name="joined")
    voter = models.CharField(max_length=64)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "voter"], name="participant_joins_once")]

    def __str__(self) -> str:
        return f"participant of {self.session_id}"


class Ballot(models.Model):
    """A hidden vote; no page reads it but the voter's own. It is gone when its test is revealed or the session ends."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(TeamSession, on_delete=models.CASCADE, related_name="ballots")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="ballots")
    test = models.CharField(max_length=60)
    choice = models.CharField(max_length=10, choices=Choice.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "test"], name="ballot_one_per_participant_and_test"),
            models.CheckConstraint(condition=models.Q(choice__in=Choice.values), name="ballot_choice_is_known"),
        ]
        indexes = [models.Index(fields=["session", "test"], name="ballot_of_test")]

    def __str__(self) -> str:
        return f"ballot on {self.test}"


class Tally(models.Model):
    """How many voted for one choice of a revealed test; `voters` lists their e-mail addresses in a named session."""

    session = models.ForeignKey(TeamSession, on_delete=models.CASCADE, related_name="tallies")
    test = models.CharField(max_length=60)
    choice = models.CharField(max_length=10, choices=Choice.choices)
    votes = models.PositiveIntegerField()
    voters = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "test", "choice"], name="tally_one_per_choice"),
            models.CheckConstraint(condition=models.Q(choice__in=Choice.values), name="tally_choice_is_known"),
            models.CheckConstraint(condition=models.Q(votes__gt=0), name="tally_counts_votes"),
        ]

    def __str__(self) -> str:
        return f"{self.votes} for {self.choice} on {self.test}"


class Round(models.Model):
    """A revealed test, and what was agreed on it: a choice other than `unsure`, empty until it is set."""

    session = models.ForeignKey(TeamSession, on_delete=models.CASCADE, related_name="rounds")
    test = models.CharField(max_length=60)
    revealed_at = models.DateTimeField()
    agreed = models.CharField(max_length=10, choices=Choice.choices, blank=True)
    agreed_at = models.DateTimeField(null=True, blank=True)
    agreed_by = models.CharField(max_length=254, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "test"], name="round_reveals_once"),
            models.CheckConstraint(
                condition=models.Q(agreed__in=["", *[each.value for each in Choice if each != Choice.UNSURE]]),
                name="round_agreement_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"round on {self.test}"
