"""Evidence that is no link: notes, and files that were uploaded."""

from __future__ import annotations

from django.db import models

from accounts.models import Membership, Organisation, Token
from assessments.models.core import Assessment, System


class Upload(models.Model):
    """A stored file. Answers that are taken over share it; it goes with the last attachment, and is never changed.

    `file` is its name in the storage, `size` its length in bytes, `digest` its SHA-256.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="uploads")
    file = models.FileField(max_length=200)
    size = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.digest

    @property
    def stored_name(self) -> str:
        """What the storage calls the file."""
        return str(self.file.name)


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, reader: Membership | Token) -> AttachmentQuerySet:
        """Those of assessments of the systems this reader may see."""
        return self.filter(assessment__system__in=System.objects.visible_to(reader))


class Attachment(models.Model):
    """A note or a file beside the answer to a test; frozen with its assessment, by trigger."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="attachments")
    test = models.CharField(max_length=60)
    note = models.TextField(blank=True)
    upload = models.ForeignKey(Upload, null=True, blank=True, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=120, blank=True)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=254)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(upload__isnull=True, name="") & ~models.Q(note="")
                | models.Q(upload__isnull=False, note="") & ~models.Q(name=""),
                name="attachment_is_a_note_or_a_file",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.note[:60]
