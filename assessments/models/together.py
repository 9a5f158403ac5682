"""People at work on the same system."""

from __future__ import annotations

from django.db import models

from accounts.models import Membership, Person, Token
from assessments.models.core import Assessment, System


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


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, reader: Membership | Token) -> ThreadQuerySet:
        """Those of the systems this reader may see."""
        return self.filter(system__in=System.objects.visible_to(reader))


class Thread(models.Model):
    """What people say and do about one test of a system, whatever assessment is open: it outlives them all.

    `person` is assigned to see to it, by the day `due`. `comments` counts those there are.
    """

    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="threads")
    test = models.CharField(max_length=60)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    due = models.DateField(null=True, blank=True)
    comments = models.PositiveIntegerField(default=0)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "test"], name="thread_is_one_per_test")]

    def __str__(self) -> str:
        return f"{self.test} of system {self.system_id}"


class Comment(models.Model):
    """What somebody said about a test; `mentioned` holds the ids of the people whom it names."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="said")
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    mentioned = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"comment {self.pk}"
