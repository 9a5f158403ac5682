"""Files that answers share: taken over with them, and deleted with the last answer that refers to them."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import structlog
from django.core.files.storage import default_storage
from django.db import transaction

from assessments.models import Assessment, Attachment, Upload

logger = structlog.get_logger("mlscore.attachments")


def take_attachments_over(*, source: Assessment, draft: Assessment, tests: Collection[str]) -> None:
    """Have a draft share the notes and files of these tests of a final assessment; those that it had of them go."""
    mine = draft.attachments.filter(test__in=tests)
    uploads = list(mine.values_list("upload_id", flat=True))
    mine.delete()
    drop_uploads(uploads)
    Attachment.objects.bulk_create(
        Attachment(
            assessment=draft,
            test=each.test,
            note=each.note,
            upload_id=each.upload_id,
            name=each.name,
            added_at=each.added_at,
            added_by=each.added_by,
        )
        for each in source.attachments.filter(test__in=tests)
    )


def drop_uploads(uploads: Collection[int | None]) -> None:
    """Delete those of these uploads that no attachment refers to, and once that is certain their files."""
    for upload in Upload.objects.filter(pk__in=[pk for pk in uploads if pk], attachments__isnull=True):
        upload.delete()
        transaction.on_commit(partial(_delete_file, upload.stored_name))


def _delete_file(name: str) -> None:
    try:
        default_storage.delete(name)
    except OSError as error:
        # What was decided stands; the file stays where nobody finds it.
        logger.error("file not deleted", name=name, reason=str(error))
