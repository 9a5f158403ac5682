"""Whom the room's facts are told: those who were mentioned or assigned, and those who may approve a draft."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Person, Role
from assessments.models import Assessment, Comment, System, Thread
from notify.kinds import Kind
from notify.notices import News, tell
from rubric.loader import builtin


def tell_mentioned(*, actor: Actor, comment: Comment, system: System, people: Collection[Person]) -> None:
    """Tell people that a comment names them."""
    test = comment.thread.test
    news = News(
        organisation=actor.organisation,
        kind=Kind.MENTIONED,
        key=f"mentioned:{comment.pk}",
        title=f"{comment.author} mentioned you on {system}: {_title(system, test)}",
        path=_discussion(actor, system, test),
        at=comment.at,
        body=comment.text,
        system_id=system.pk,
    )
    tell(news=news, people=people, now=comment.at)


def tell_assigned(*, actor: Actor, thread: Thread, system: System, person: Person, at: datetime) -> None:
    """Tell somebody that a test is theirs to see to."""
    news = News(
        organisation=actor.organisation,
        kind=Kind.ASSIGNED,
        key=f"assigned:{thread.pk}:{person.pk}:{at.isoformat()}",
        title=f"A test of {system} is assigned to you: {_title(system, thread.test)}",
        path=_discussion(actor, system, thread.test),
        at=at,
        body=f"Due {thread.due:%d %B %Y}." if thread.due else "",
        system_id=system.pk,
    )
    tell(news=news, people=[person], now=at)


def tell_approvers(*, actor: Actor, draft: Assessment, at: datetime) -> None:
    """Tell the members who may approve a draft that it waits: assessors and above who did not write or submit it."""
    writers = {*(draft.authors or []), actor.label}
    members = actor.organisation.memberships.exclude(role=Role.VIEWER).filter(person__is_active=True)
    people = [member.person for member in members.select_related("person") if member.person.email not in writers]
    news = News(
        organisation=actor.organisation,
        kind=Kind.APPROVAL,
        key=f"approval:{draft.pk}:{at.isoformat()}",
        title=f"An assessment of {draft.system} waits for approval",
        path=reverse("assessment-review", args=[actor.organisation.slug, draft.system.slug, draft.pk]),
        at=at,
        body=f"Submitted by {actor.person}.",
        system_id=draft.system_id,
    )
    tell(news=news, people=people, now=at)


def _discussion(actor: Actor, system: System, test: str) -> str:
    return reverse("discussion", args=[actor.organisation.slug, system.slug, test])


def _title(system: System, test: str) -> str:
    return next(
        (builtin()[edition].tests[test].title for edition in system.edition_keys if test in builtin()[edition].tests),
        test,
    )
