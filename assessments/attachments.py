"""Notes and files beside an answer: added to a draft, removed from it, taken over with the answer, frozen with it."""

from __future__ import annotations

import hashlib
import re
import secrets
from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Sum

from accounts.actors import Actor
from accounts.errors import FieldFault, Invalid
from accounts.models import Organisation
from assessments.models import Assessment, Attachment, Upload
from assessments.operations import locked_draft, mark_changed
from assessments.uploads import drop_uploads
from rubric.loader import builtin

LONGEST_NOTE = 10_000
MOST_ATTACHMENTS = 20
MIB = 1024 * 1024


@transaction.atomic
def add_note(*, actor: Actor, assessment: Assessment, test: str, text: str, at: datetime) -> Attachment:
    """Add a note as evidence of a test. Raises Invalid, and Conflict when the assessment is no draft."""
    draft = _open(actor, assessment, test)
    text = text.strip()
    if not 0 < len(text) <= LONGEST_NOTE:
        raise Invalid(FieldFault(("note",), f"A note has 1 to {LONGEST_NOTE} characters."))
    return _attach(actor, draft, at, test=test, note=text)


def add_file(
    *, actor: Actor, assessment: Assessment, test: str, name: str, content: File[bytes], at: datetime
) -> Attachment:
    """Store a file as evidence of a test, under a name that nobody can guess.

    Raises Invalid for a kind of file that is not taken, one that is empty or too large, and where the organisation's room
    is full; Conflict when the assessment is no draft; OSError when the storage does not take it.
    """
    name = plain_name(name)
    _check_file(name, content.size)
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
    content.seek(0)
    # Stored before the transaction, so that no lock waits for the storage.
    stored = default_storage.save(f"{actor.organisation.pk}/{secrets.token_hex(16)}", content)
    upload = Upload(organisation=actor.organisation, file=stored, size=content.size, digest=digest.hexdigest())
    try:
        return _add_upload(actor, assessment, test, name, upload, at)
    except BaseException:
        with suppress(OSError):
            default_storage.delete(stored)
        raise


@transaction.atomic
def _add_upload(actor: Actor, assessment: Assessment, test: str, name: str, upload: Upload, at: datetime) -> Attachment:
    draft = _open(actor, assessment, test)
    organisation = Organisation.objects.select_for_update().get(pk=actor.organisation.pk)
    used = Upload.objects.filter(organisation=organisation).aggregate(total=Sum("size"))["total"] or 0
    if used + upload.size > settings.UPLOAD_ORGANISATION_MIB * MIB:
        detail = f"The files of this organisation have {settings.UPLOAD_ORGANISATION_MIB} MiB, which are used up."
        raise Invalid(FieldFault(("file",), detail))
    upload.save()
    return _attach(actor, draft, at, test=test, upload=upload, name=name)


@transaction.atomic
def remove_attachment(*, actor: Actor, assessment: Assessment, attachment_id: int) -> None:
    """Take a note or a file out of a draft; a file that nothing else refers to is deleted.

    Raises Attachment.DoesNotExist, and Conflict when the assessment is no draft.
    """
    draft = locked_draft(actor, assessment.pk)
    attachment = draft.attachments.get(pk=attachment_id)
    attachment.delete()
    drop_uploads([attachment.upload_id])
    mark_changed(draft, actor)


def plain_name(name: str) -> str:
    """A file's name without folders and without what a header or a page could trip over; its ending stays."""
    base = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[^\w .()+-]", "_", base).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:100]}{dot}{ending[:16]}" if dot else plain[:100]


def _check_file(name: str, size: int) -> None:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in settings.UPLOAD_TYPES:
        raise Invalid(FieldFault(("file",), f"Files of these kinds are taken: {', '.join(settings.UPLOAD_TYPES)}."))
    if not 0 < size <= settings.UPLOAD_MIB * MIB:
        raise Invalid(FieldFault(("file",), f"A file has up to {settings.UPLOAD_MIB} MiB, and is not empty."))


def _open(actor: Actor, assessment: Assessment, test: str) -> Assessment:
    draft = locked_draft(actor, assessment.pk)
    if test not in builtin()[draft.rubric].tests:
        raise Invalid(FieldFault(("test",), f"{test!r} is no test of the rubric {draft.rubric}."))
    if draft.attachments.filter(test=test).count() >= MOST_ATTACHMENTS:
        raise Invalid(FieldFault(("test",), f"A test has at most {MOST_ATTACHMENTS} notes and files."))
    return draft


def _attach(actor: Actor, draft: Assessment, at: datetime, **values: object) -> Attachment:
    attachment = Attachment.objects.create(assessment=draft, added_at=at, added_by=actor.label, **values)
    mark_changed(draft, actor)
    return attachment
