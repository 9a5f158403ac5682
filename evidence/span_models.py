"""What is derived of runs: the spans in which they hold a level, and changes of rules on their way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import models

from accounts.models import Organisation, Token
from assessments.models import System
from assessments.models.core import SystemQuerySet


class SpanLevel(models.IntegerChoices):
    MANUAL = 1
    AUTOMATED = 2


class Span(models.Model):
    """An interval [starts_at, ends_at) in which evidence holds at least this level for a test."""

    # The constraint's index begins with it.
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="spans", db_index=False)
    generation = models.PositiveBigIntegerField()
    test = models.CharField(max_length=60)
    level = models.PositiveSmallIntegerField(choices=SpanLevel.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "generation", "test", "level", "starts_at"], name="span_start_is_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="span_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.test} {SpanLevel(self.level).label} from {self.starts_at}"


class RuleChangeQuerySet(models.QuerySet["RuleChange"]):
    def pending(self) -> RuleChangeQuerySet:
        """Those still in preparation."""
        return self.filter(swapped_at__isnull=True, superseded_at__isnull=True)


class RuleChange(models.Model):
    """A change of rules that is prepared in the background: new spans under its id as generation, then one swap.

    `changes` holds `{field: new value}` of the organisation (`system` null) or of one system. `cleared_at` says when the
    spans that it put out of force, or its own where it was given up, were gone.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="rule_changes")
    system = models.ForeignKey(System, null=True, blank=True, on_delete=models.CASCADE, related_name="rule_changes")
    changes = models.JSONField()
    requested_at = models.DateTimeField()
    actor_person = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_token = models.ForeignKey(Token, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    swapped_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True)

    objects = RuleChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=models.Q(swapped_at__isnull=True, superseded_at__isnull=True),
                name="rule_change_one_pending_per_organisation",
            )
        ]

    def __str__(self) -> str:
        return f"rule change {self.pk}"

    def systems(self) -> SystemQuerySet:
        """The systems whose history it concerns."""
        if self.system_id is not None:
            return System.objects.filter(pk=self.system_id)
        return System.objects.filter(organisation_id=self.organisation_id)


class PreparedTest(models.Model):
    """A test whose spans of a pending generation stand for its runs up to `until`, or for all of them: `finished`.

    Writers keep them up to date from here on.
    """

    change = models.ForeignKey(RuleChange, on_delete=models.CASCADE, related_name="prepared")
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="+")
    test = models.CharField(max_length=60)
    until = models.DateTimeField(null=True)
    finished = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "system", "test"], name="prepared_test_once"),
        ]

    def __str__(self) -> str:
        return f"{self.test} for {self.change_id}"

    def part_of(self, instants: Mapping[str, datetime]) -> dict[str, datetime]:
        """Of these run times, by run_id, those that its spans stand for."""
        until = self.until
        if self.finished:
            return dict(instants)
        return {run_id: at for run_id, at in instants.items() if until is not None and at <= until}
