"""Reports that were asked for as PDF, and links by which people without an account read a report."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from accounts.models import Organisation, OwnedQuerySet, Person
from assessments.models import System
from scores.state_models import KeptState as KeptState


class ShareLink(models.Model):
    """Opens one report to whoever has its address, which holds a secret that is stored as a hash only.

    `system` is null for the organisation's report, `as_of` for one that always shows the present.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="share_links")
    system = models.ForeignKey(System, null=True, blank=True, on_delete=models.CASCADE, related_name="share_links")
    as_of = models.DateTimeField(null=True, blank=True)
    name = models.CharField(max_length=120)
    secret_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = OwnedQuerySet["ShareLink"].as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="share_link_expires_after_it_began"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def open_at(self, at: datetime) -> bool:
        """Neither revoked nor expired at this instant."""
        return self.revoked_at is None and at < self.expires_at


class Stage(models.TextChoices):
    """How far the making of a PDF is."""

    WAITING = "waiting", "Waiting for a worker"
    READING = "reading", "Reading the facts"
    SETTING = "setting", "Setting the pages"
    READY = "ready", "Ready"
    FAILED = "failed", "It could not be made"


UNFINISHED = (Stage.WAITING, Stage.READING, Stage.SETTING)


class Report(models.Model):
    """A report as PDF: asked for, made in the background, kept for some days.

    It shows the system, or the organisation where that is null, as of `as_of`. `link` is the share link through which it
    was asked for; then only that link leads to it. `digest` is that of its content (`document.digest_of`).
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="reports")
    system = models.ForeignKey(System, null=True, blank=True, on_delete=models.CASCADE, related_name="reports")
    as_of = models.DateTimeField()
    link = models.ForeignKey(ShareLink, null=True, blank=True, on_delete=models.CASCADE, related_name="reports")
    requested_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField()
    stage = models.CharField(max_length=8, choices=Stage.choices, default=Stage.WAITING)
    made_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    content = models.BinaryField(null=True, blank=True)

    objects = OwnedQuerySet["Report"].as_manager()

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(stage__in=Stage.values), name="report_stage_is_known"),
            models.CheckConstraint(
                condition=~models.Q(stage="ready") | models.Q(content__isnull=False, made_at__isnull=False),
                name="report_ready_has_content",
            ),
        ]
        indexes = [models.Index(fields=["requested_at"], name="report_by_age")]

    def __str__(self) -> str:
        return f"report {self.pk} of {self.system or self.organisation}"

    @property
    def unfinished(self) -> bool:
        return self.stage in UNFINISHED

    @property
    def percent(self) -> int:
        """How far it is, in steps that are about as long as each other."""
        order = [*UNFINISHED, Stage.READY]
        return 0 if self.stage == Stage.FAILED else 100 * order.index(Stage(self.stage)) // (len(order) - 1)
