"""What people say about a test of a system, and who sees to it by when. It belongs to no assessment, and outlives them."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from accounts.actors import Actor
from accounts.errors import FieldFault, Forbidden, Invalid
from accounts.models import Person
from assessments.mentions import handles, mentioned_in
from assessments.models import Comment, System, Thread
from assessments.telling import tell_assigned, tell_mentioned
from rubric.loader import builtin

LONGEST_COMMENT = 4000


@transaction.atomic
def add_comment(*, actor: Actor, system: System, test: str, text: str, at: datetime) -> Comment:
    """Say something about a test; the members whom it mentions are told.

    Raises Invalid for an unknown test and for a text that is empty or too long, Forbidden without a person.
    """
    if actor.person is None:
        raise Forbidden("Only people comment.")
    text = text.strip()
    if not 0 < len(text) <= LONGEST_COMMENT:
        raise Invalid(FieldFault(("text",), f"Say something, in at most {LONGEST_COMMENT} characters."))
    thread = _thread(system, test)
    people = mentioned_in(text, handles(members_of(actor)))
    comment = Comment.objects.create(
        thread=thread, author=actor.person, text=text, at=at, mentioned=[person.pk for person in people]
    )
    Thread.objects.filter(pk=thread.pk).update(comments=F("comments") + 1)
    others = [person for person in people if person.pk != actor.person.pk]
    tell_mentioned(actor=actor, comment=comment, system=system, people=others)
    return comment


@transaction.atomic
def assign(*, actor: Actor, system: System, test: str, person: Person | None, due: date | None, at: datetime) -> Thread:
    """Have a member see to a test by a day, which both may be None; somebody newly assigned is told.

    Raises Invalid for an unknown test and for a person who is no member.
    """
    if person is not None and person not in members_of(actor):
        raise Invalid(FieldFault(("person",), "There is no such member in this organisation."))
    thread = Thread.objects.select_for_update().get(pk=_thread(system, test).pk)
    before, thread.person, thread.due = thread.person_id, person, due
    thread.save(update_fields=["person", "due"])
    if person is not None and person.pk != before and person != actor.person:
        tell_assigned(actor=actor, thread=thread, system=system, person=person, at=at)
    return thread


def members_of(actor: Actor) -> list[Person]:
    """The people who can be mentioned and assigned: the members of the actor's organisation, by name."""
    members = actor.organisation.memberships.filter(person__is_active=True).select_related("person")
    return sorted((member.person for member in members), key=str)


def _thread(system: System, test: str) -> Thread:
    if not any(test in builtin()[edition].tests for edition in system.edition_keys):
        raise Invalid(FieldFault(("test",), f"{test!r} is no test of this system's rubric."))
    return Thread.objects.get_or_create(system=system, test=test)[0]
