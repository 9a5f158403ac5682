"""The organisation's activity log."""

from __future__ import annotations

from typing import Any

from django.db import models

from accounts.models.credentials import Token
from accounts.models.people import Organisation, OwnedQuerySet, Person


class Activity(models.Model):
    """One line of the organisation's activity log: who did what, when. Never changed, by trigger."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="activity")
    system = models.ForeignKey(
        "assessments.System", null=True, blank=True, on_delete=models.CASCADE, related_name="activity"
    )
    at = models.DateTimeField()
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey(Token, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=60)
    summary = models.CharField(max_length=400)
    details = models.JSONField(default=dict)

    objects = OwnedQuerySet["Activity"].as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["organisation", "-at", "-id"], name="activity_newest_first"),
            models.Index(fields=["system", "action", "at"], name="activity_of_system"),
        ]

    def __str__(self) -> str:
        return self.summary

    @property
    def actor(self) -> str:
        """Who did it, as shown: a person, a token, or the command line."""
        if self.person is not None:
            return str(self.person)
        return f"token {self.token.name}" if self.token is not None else "command line"

    def values(self) -> dict[str, Any]:
        return dict(self.details)
