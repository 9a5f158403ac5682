"""What an organisation has resolved to do, step by step."""

from __future__ import annotations

from django.db import models

from accounts.models import Membership, Organisation, Person, Token
from assessments.models.core import System
from rubric.levels import Level

STEP_LEVELS = [level.key for level in Level if level is not Level.NONE]
"""The levels that a step can raise a test to."""


class InitiativeQuerySet(models.QuerySet["Initiative"]):
    def visible_to(self, reader: Membership | Token) -> InitiativeQuerySet:
        """The initiatives of the reader's organisation."""
        return self.filter(organisation_id=reader.organisation_id)


class Initiative(models.Model):
    """Steps that an organisation has resolved to take, in one system or in many."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="initiatives")
    title = models.CharField(max_length=120)
    purpose = models.TextField(blank=True, max_length=2000)
    due_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = InitiativeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.title


class InitiativeStep(models.Model):
    """Raising one test of one system to a level. Whether it is done is read from the score's facts and stored nowhere."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="steps")
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="+")
    test = models.CharField(max_length=60)
    level = models.CharField(max_length=10, choices=[(key, key) for key in STEP_LEVELS])
    owner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    issue_url = models.URLField(blank=True, max_length=2000)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "system", "test", "level"], name="initiative_step_is_there_once"
            ),
            models.CheckConstraint(condition=models.Q(level__in=STEP_LEVELS), name="initiative_step_level_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.test}.{self.level}"
