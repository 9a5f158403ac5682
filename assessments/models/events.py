"""What people and pipelines tell of a system besides its facts: releases and notes on its timeline."""

from __future__ import annotations

from django.db import models

from accounts.models import Membership, Token
from assessments.models.core import System


class EventKind(models.TextChoices):
    """What is told."""

    RELEASE = "release"
    NOTE = "note"


class SystemEventQuerySet(models.QuerySet["SystemEvent"]):
    def visible_to(self, reader: Membership | Token) -> SystemEventQuerySet:
        """The events of the systems this reader may see."""
        return self.filter(system__in=System.objects.visible_to(reader))


class SystemEvent(models.Model):
    """A release or a note. It changes no score, and never itself but by voiding: by triggers.

    `event_id` is the client's own id, '' where it gave none.
    """

    # The index begins with it.
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="events", db_index=False)
    event_id = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=8, choices=EventKind.choices)
    title = models.CharField(max_length=200)
    text = models.CharField(max_length=2000, blank=True)
    at = models.DateTimeField()
    url = models.CharField(max_length=2000, blank=True)
    commit = models.CharField(max_length=200, blank=True)
    model_version = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=254)
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.CharField(max_length=254, blank=True)
    void_reason = models.CharField(max_length=2000, blank=True)

    objects = SystemEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "event_id"],
                condition=models.Q(event_id__gt=""),
                name="event_id_is_unique_in_system",
            ),
            models.CheckConstraint(condition=models.Q(kind__in=EventKind.values), name="event_kind_is_known"),
        ]
        indexes = [models.Index(fields=["system", "-at", "-id"], name="event_newest_of_system")]

    def __str__(self) -> str:
        return self.title
