"""People at work on the same system."""

from __future__ import annotations

from django.db import models

from accounts.models import Person
from assessments.models.core import Assessment


class Presence(models.Model):
    """When somebody last had a draft's form open in front of them."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="present")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "person"], name="presence_is_one_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at assessment {self.assessment_id}"
