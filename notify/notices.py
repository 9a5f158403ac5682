"""Telling people and webhooks: who is told what by which way, and what a member has not read yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q

from accounts.models import Membership, Organisation, Person
from notify.choices import choices_of
from notify.kinds import OF_SYSTEMS, Channel, Kind
from notify.mail import mail_message
from notify.models import Message, Notice, Webhook, moment
from notify.outbox import enqueue

KEPT = timedelta(days=180)
WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class News:
    """Something worth telling.

    `key` says what it is about: nobody is told two news of one key. `title` is one line, `body` plain text, `path` the page
    to look at. `facts` are JSON values for webhooks' receivers. `at` is when it happened, aware.
    """

    organisation: Organisation
    kind: Kind
    key: str
    title: str
    path: str
    at: datetime
    body: str = ""
    system_id: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def people_of(organisation: Organisation, *, team_id: int | None, owner_id: int | None) -> list[Person]:
    """Who hears of a system: its owner, and the members of its team, as far as they are members of the organisation."""
    concerned = Q(person_id=owner_id) if owner_id is not None else Q(pk=None)
    if team_id is not None:
        concerned |= Q(teams=team_id)
    members = Membership.objects.filter(concerned, organisation=organisation, person__is_active=True)
    return list({member.person_id: member.person for member in members.select_related("person")}.values())


@transaction.atomic
def tell(*, news: News, people: Collection[Person], now: datetime) -> int:
    """Tell these people, each by the way they chose; answers how many had not been told before.

    Call it in the transaction of the fact, or from a worker: to repeat it tells nobody twice.
    """
    told = set(Notice.objects.filter(key=news.key, person__in=people).values_list("person_id", flat=True))
    fresh = [person for person in people if person.pk not in told]
    channels = {key: chosen.channel(news.kind) for key, chosen in choices_of(fresh).items()}
    wanted = [person for person in fresh if channels[person.pk] is not Channel.OFF]
    Notice.objects.bulk_create([_notice(news, person) for person in wanted], ignore_conflicts=True)
    enqueue([_mail(news, person, now) for person in wanted if channels[person.pk] is Channel.MAIL])
    return len(wanted)


def _notice(news: News, person: Person) -> Notice:
    return Notice(
        organisation=news.organisation,
        person=person,
        system_id=news.system_id,
        kind=news.kind,
        key=news.key,
        title=news.title[:300],
        body=news.body,
        path=news.path,
        at=news.at,
    )


def _mail(news: News, person: Person, now: datetime) -> Message:
    lines = [news.title, "", *([news.body, ""] if news.body else []), settings.PUBLIC_URL + news.path, "", "-- "]
    lines.append(f"{news.organisation}. What you are told, and how: {settings.PUBLIC_URL}/account/notices/")
    subject = " ".join(f"MLScore: {news.title}".split())
    mail = EmailMessage(subject, "\n".join(lines) + "\n", settings.DEFAULT_FROM_EMAIL, [person.email])
    return mail_message(mail, now, unique_key=f"mail:{person.pk}:{news.key}")


@transaction.atomic
def tell_webhooks(*, news: News, now: datetime) -> int:
    """Send news of a system to those webhooks of its organisation that take the kind; answers how many there are.

    To repeat it sends nothing twice.
    """
    if news.kind not in OF_SYSTEMS:
        return 0
    hooks = Webhook.objects.filter(organisation=news.organisation, active=True)
    wanting = [hook for hook in hooks if news.kind.value in hook.kinds]
    known = set(
        Message.objects.filter(unique_key__in=[f"webhook:{hook.pk}:{news.key}" for hook in wanting]).values_list(
            "webhook_id", flat=True
        )
    )
    enqueue([delivery(hook, content(news), now, news.key) for hook in wanting if hook.pk not in known])
    return len(wanting)


def content(news: News) -> dict[str, Any]:
    """What webhooks send of news, before it takes their shape."""
    return {
        "type": news.kind.value,
        "timestamp": moment(news.at),
        "data": {
            "organisation": news.organisation.slug,
            "title": news.title,
            "text": news.body,
            "url": settings.PUBLIC_URL + news.path,
            **news.facts,
        },
    }


def delivery(hook: Webhook, sent: dict[str, Any], now: datetime, key: str | None = None) -> Message:
    """The outbox's row of one delivery to a webhook; with `key` it is written once at most."""
    return Message(
        kind=WEBHOOK,
        organisation_id=hook.organisation_id,
        webhook=hook,
        payload=sent,
        created_at=now,
        due_at=now,
        unique_key=None if key is None else f"webhook:{hook.pk}:{key}",
    )


@transaction.atomic
def mark_read(*, reader: Membership, at: datetime, notice_id: int | None = None) -> int:
    """Mark one of the member's notices as read, or all of them; answers how many were unread."""
    rows = Notice.objects.visible_to(reader).unread()
    return (rows if notice_id is None else rows.filter(pk=notice_id)).update(read_at=at)


def purge(now: datetime) -> int:
    """Remove notices that are older than KEPT; answers how many."""
    return Notice.objects.filter(at__lt=now - KEPT).delete()[0]
