"""The second reader: a draft is submitted, and approved or sent back by someone who did not write it.

Approving is `operations.finalise` by that person. While a draft waits, nobody edits it; withdrawing it makes it editable.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Invalid
from assessments.models import Assessment
from assessments.operations import check_may_finalise, locked_draft
from assessments.telling import tell_approvers

LONGEST_REMARKS = 4000


@transaction.atomic
def submit_draft(*, actor: Actor, assessment: Assessment, at: datetime) -> Assessment:
    """Hand a draft in for approval. Raises Conflict when it is none, is handed in already, or needs no approval."""
    draft = locked_draft(actor, assessment.pk)
    if not actor.organisation.second_reader:
        raise Conflict("This organisation asks for no approval: finalise the draft.")
    if actor.person is None:
        raise Conflict("A person has to submit the draft.")
    draft.submitted_at, draft.submitted_by = at, actor.person
    draft.remarks, draft.returned_by = None, None
    _save(draft)
    _record(actor, draft, at, "submitted", "Submitted an assessment for approval")
    tell_approvers(actor=actor, draft=draft, at=at)
    return draft


@transaction.atomic
def withdraw_draft(*, actor: Actor, assessment: Assessment, at: datetime) -> Assessment:
    """Take a draft back from approval, to edit it. Raises Conflict when it does not wait for approval."""
    draft = _submitted(actor, assessment)
    draft.submitted_at, draft.submitted_by = None, None
    _save(draft)
    _record(actor, draft, at, "withdrawn", "Withdrew an assessment from approval")
    return draft


@transaction.atomic
def send_back(*, actor: Actor, assessment: Assessment, remarks: str, at: datetime) -> Assessment:
    """Give a draft back to its authors, saying why.

    Raises Conflict when it does not wait for approval, or the actor could not approve it either; Invalid for remarks that
    are empty or too long.
    """
    draft = _submitted(actor, assessment)
    check_may_finalise(actor, draft)
    if not 0 < len(remarks.strip()) <= LONGEST_REMARKS:
        raise Invalid(FieldFault(("remarks",), f"Say why, in at most {LONGEST_REMARKS} characters."))
    draft.submitted_at, draft.submitted_by = None, None
    draft.remarks, draft.returned_by = remarks.strip(), actor.person
    _save(draft)
    _record(actor, draft, at, "returned", "Sent back an assessment", remarks=draft.remarks)
    return draft


def _submitted(actor: Actor, assessment: Assessment) -> Assessment:
    draft = locked_draft(actor, assessment.pk, submitted=True)
    if draft.submitted_at is None:
        raise Conflict("This draft does not wait for approval.")
    return draft


def _save(draft: Assessment) -> None:
    draft.save(update_fields=["submitted_at", "submitted_by", "remarks", "returned_by"])


def _record(actor: Actor, draft: Assessment, at: datetime, what: str, summary: str, **details: object) -> None:
    activity.record(
        actor=actor,
        at=at,
        action=f"assessment.{what}",
        summary=f"{summary} of {draft.system}",
        system_id=draft.system_id,
        details={"assessment": draft.pk, **details},
    )
