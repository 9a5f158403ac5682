"""What is to be sent, what people were told, what they want to be told, and where organisations want it sent."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models

from accounts.models import Membership, Organisation, OwnedQuerySet, Person
from notify.kinds import DEFAULTS, Channel, Kind

LAPSE_DAYS = (1, 60)


class Shape(models.TextChoices):
    """What a webhook's messages look like."""

    STANDARD = "standard", "MLScore's own JSON"
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Microsoft Teams"


class Webhook(models.Model):
    """An address that an organisation wants to be told of what happens to its systems.

    Its secret follows from `nonce` and the installation's SECRET_KEY, and is stored nowhere. `former_nonce` is that of the
    secret before, which signs as well until `former_until`.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=120)
    url = models.CharField(max_length=2000)
    shape = models.CharField(max_length=10, choices=Shape.choices, default=Shape.STANDARD)
    kinds = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    nonce = models.CharField(max_length=64)
    former_nonce = models.CharField(max_length=64, blank=True)
    former_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    objects = OwnedQuerySet["Webhook"].as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(shape__in=Shape.values), name="webhook_shape_is_known"),
        ]

    def __str__(self) -> str:
        return self.name


class State(models.TextChoices):
    """How far a message got."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Message(models.Model):
    """One row of the outbox: something to be done once the transaction that wrote it holds.

    `kind` names who delivers it (`notify.outbox.delivers`), `payload` is what they need. While it is being delivered
    `due_at` lies ahead by a lease, after which others may try. What is written twice under one `unique_key` is sent once.
    """

    kind = models.CharField(max_length=20)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.CASCADE, related_name="+")
    webhook = models.ForeignKey(Webhook, null=True, on_delete=models.CASCADE, related_name="deliveries")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    unique_key = models.CharField(max_length=200, null=True, unique=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="message_state_is_known"),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="waiting"), name="message_waiting"),
            models.Index(fields=["webhook", "-id"], name="message_of_webhook"),
            models.Index(fields=["created_at"], name="message_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, reader: Membership) -> NoticeQuerySet:
        """The member's own in this organisation."""
        return self.filter(organisation_id=reader.organisation_id, person_id=reader.person_id)

    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at=None)


class Notice(models.Model):
    """Something that a person was told. `key` says what it is about, so that nobody is told the same twice."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notices")
    system = models.ForeignKey("assessments.System", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=160)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    path = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="notice_is_told_once"),
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="notice_kind_is_known"),
        ]
        indexes = [
            models.Index(fields=["person", "organisation", "-id"], name="notice_newest_of_person"),
            models.Index(
                fields=["person", "organisation"], condition=models.Q(read_at=None), name="notice_unread_of_person"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Choices(models.Model):
    """What a person wants to be told: `channels` by kind, where they chose otherwise than the default.

    `lapse_days` is how many days before its end they want to hear that evidence lapses.
    """

    person = models.OneToOneField(Person, primary_key=True, on_delete=models.CASCADE, related_name="choices")
    channels = models.JSONField(default=dict)
    lapse_days = models.PositiveSmallIntegerField(default=7)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lapse_days__range=LAPSE_DAYS), name="choices_lapse_is_1_to_60_days"
            ),
        ]

    def __str__(self) -> str:
        return f"choices of {self.person_id}"

    def channel(self, kind: Kind) -> Channel:
        """How this kind of news reaches the person."""
        return Channel(self.channels.get(kind.value, DEFAULTS[kind]))


class Told(models.Model):
    """What people were told last of a system: the band it was in ('' is none), and until when evidence that lapsed.

    It is a memory of what was said, never a source of scores.
    """

    system = models.OneToOneField("assessments.System", primary_key=True, on_delete=models.CASCADE, related_name="+")
    rubric = models.CharField(max_length=60)
    band = models.CharField(max_length=60, blank=True)
    lapses_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"what was told of {self.system_id}"


class Flip(models.Model):
    """How often a check began to fail and recovered on one day (UTC), so that one which flaps is not told each time.

    `fails` is how it ended. The rows of a day go when the day is over and its rest was told.
    """

    system = models.ForeignKey("assessments.System", on_delete=models.CASCADE, related_name="+")
    check_name = models.CharField(max_length=300)
    day = models.DateField()
    failed = models.PositiveIntegerField(default=0)
    recovered = models.PositiveIntegerField(default=0)
    fails = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "day", "check_name"], name="flips_are_counted_once_a_day"),
        ]
        indexes = [models.Index(fields=["day"], name="flip_by_day")]

    def __str__(self) -> str:
        return f"{self.check_name} on {self.day}"


def moment(at: datetime) -> str:
    """An aware instant as keys and messages write it: RFC 3339 in UTC."""
    return at.isoformat().replace("+00:00", "Z")
