"""What pipelines proved: results as posted, the runs they form, and the spans in which runs hold a level."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from accounts.models import Membership, Token
from assessments.models import System
from evidence.import_models import MappingRule as MappingRule
from evidence.import_models import SeenNames as SeenNames
from evidence.rules_of import Rules
from evidence.span_models import PreparedTest as PreparedTest
from evidence.span_models import RuleChange as RuleChange
from evidence.span_models import Span as Span
from evidence.span_models import SpanLevel as SpanLevel
from rubric.evidence import RunTimes


class Status(models.TextChoices):
    """The outcome of one execution of a check."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


class Check(models.Model):
    """A named check; it belongs to one test of its system for good.

    The `newest_*` fields repeat its newest result that was neither skipped nor voided (ties: the later received), so that
    health at the present needs no results.
    """

    # The constraint's index begins with it.
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="checks", db_index=False)
    name = models.CharField(max_length=300)
    test = models.CharField(max_length=60)
    newest_status = models.CharField(max_length=8, blank=True)
    newest_observed_at = models.DateTimeField(null=True, blank=True)
    newest_received_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "name"], name="check_name_is_unique_in_system")]

    def __str__(self) -> str:
        return self.name

    def take(self, result: Result | None) -> None:
        """Make this result the newest known one (None: there is none), without saving."""
        self.newest_status = result.status if result else ""
        self.newest_observed_at = result.observed_at if result else None
        self.newest_received_at = result.received_at if result else None


class ResultQuerySet(models.QuerySet["Result"]):
    def visible_to(self, reader: Membership | Token) -> ResultQuerySet:
        """The results of the systems this reader may see."""
        return self.filter(system__in=System.objects.visible_to(reader))

    def counted(self) -> ResultQuerySet:
        """Those that are not voided."""
        return self.filter(voided_at__isnull=True)

    def newest_first(self) -> ResultQuerySet:
        return self.order_by("-observed_at", "-id")


class Result(models.Model):
    """One execution of a check, as posted. Never changed but by voiding, and removed by retention alone: by triggers."""

    # Other indexes begin with these two; nothing is looked up by token. Constraints would look up each for every row: what
    # they refer to is never deleted, by triggers.
    system = models.ForeignKey(
        System, on_delete=models.CASCADE, related_name="results", db_index=False, db_constraint=False
    )
    check_of = models.ForeignKey(
        Check,
        on_delete=models.CASCADE,
        related_name="results",
        db_column="check_id",
        db_index=False,
        db_constraint=False,
    )
    run_id = models.CharField(max_length=200)
    status = models.CharField(max_length=8, choices=Status.choices)
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    message = models.CharField(max_length=2000, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    commit = models.CharField(max_length=200, blank=True)
    branch = models.CharField(max_length=200, blank=True)
    pipeline = models.CharField(max_length=200, blank=True)
    model_version = models.CharField(max_length=200, blank=True)
    dataset_version = models.CharField(max_length=200, blank=True)
    metrics = models.JSONField(default=dict)
    token = models.ForeignKey(
        Token, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.CharField(max_length=254, blank=True)
    void_reason = models.CharField(max_length=2000, blank=True)

    objects = ResultQuerySet.as_manager()

    class Meta:
        constraints = [
            # A check belongs to one system. What one run brought lies side by side.
            models.UniqueConstraint(fields=["system", "run_id", "check_of"], name="result_identity"),
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="result_status_is_known"),
        ]
        indexes = [
            models.Index(fields=["system", "-observed_at", "-id"], name="result_newest_of_system"),
            models.Index(fields=["check_of", "-observed_at", "-id"], name="result_newest_of_check"),
            # Most results passed; without it, listing the few others would read them all.
            models.Index(
                fields=["system", "status", "-observed_at", "-id"],
                condition=models.Q(status__in=["failed", "error", "skipped"]),
                name="result_not_passed",
            ),
            models.Index(
                fields=["system", "model_version", "check_of", "-observed_at"],
                condition=models.Q(model_version__gt=""),
                name="result_of_model_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.status}"


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def visible_to(self, reader: Membership | Token) -> ModelVersionQuerySet:
        """The model versions of the systems this reader may see."""
        return self.filter(system__in=System.objects.visible_to(reader))


class ModelVersion(models.Model):
    """A model version that results of a system name, voided ones too, with when the first and the newest were observed.

    A trigger keeps it as results are inserted, whoever inserts them; it outlives results that retention removes.
    """

    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="model_versions")
    name = models.CharField(max_length=200)
    first_observed_at = models.DateTimeField()
    newest_observed_at = models.DateTimeField()

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "name"], name="model_version_is_unique_in_system"),
        ]
        indexes = [
            models.Index(fields=["system", "-newest_observed_at", "-id"], name="model_version_newest_of_system"),
        ]

    def __str__(self) -> str:
        return self.name


class RunQuerySet(models.QuerySet["Run"]):
    def timed(self, rules: Rules) -> RunQuerySet:
        """The rows that carry their run's time under these rules, in `rules.time_column`; the others don't count."""
        column = rules.time_column
        timed = self.filter(**{f"{column}__isnull": False})
        if rules.counted_branch is not None:
            return timed.filter(branch=rules.counted_branch)
        earlier = Run.objects.filter(
            system=models.OuterRef("system"),
            test=models.OuterRef("test"),
            run_id=models.OuterRef("run_id"),
            **{f"{column}__lt": models.OuterRef(column)},
        )
        return timed.filter(models.Q(several_branches=False) | ~models.Exists(earlier))

    def first_observed_at(self) -> datetime | None:
        """When the earliest result of these rows was observed; None without any. It reads every row."""
        first: datetime | None = self.aggregate(first=models.Min("first_observed_at"))["first"]
        return first


class Run(models.Model):
    """The results of one test that share a run_id and a branch, as their earliest instants.

    Each instant only ever falls (except by a void), so any order of arrival ends the same. `first_observed_at` is of any
    result, `first_executed_at` of a passed or failed one, `first_passed_at` of a passed one. No branch is ''. The
    `removed_*` fields say the same of those of its results that retention removed, so that it can be counted anew.

    `several_branches` holds in every row of a run that has rows of other branches too (after a void it may hold in the last
    one): only these have to be compared with each other to tell the run's time.
    """

    # The constraint's index begins with it.
    system = models.ForeignKey(
        System, on_delete=models.CASCADE, related_name="runs", db_index=False, db_constraint=False
    )
    test = models.CharField(max_length=60)
    run_id = models.CharField(max_length=200)
    branch = models.CharField(max_length=200, blank=True)
    first_observed_at = models.DateTimeField()
    first_executed_at = models.DateTimeField(null=True)
    first_passed_at = models.DateTimeField(null=True)
    several_branches = models.BooleanField(default=False, db_default=False)
    removed_observed_at = models.DateTimeField(null=True)
    removed_executed_at = models.DateTimeField(null=True)
    removed_passed_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "run_id", "test", "branch"], name="run_identity"),
        ]
        indexes = [
            # What lies in a test's window is counted in one stretch of these alone.
            models.Index(
                fields=["system", "test", "first_executed_at", "several_branches"], name="run_executed_of_test"
            ),
            models.Index(fields=["system", "test", "first_passed_at", "several_branches"], name="run_passed_of_test"),
            # The same of all tests together. The condition always holds, and nothing else names it: else PostgreSQL would
            # look for the runs of a single test in it as well, where it takes these for few. Of most runs that passed it
            # tells when, too; the other index holds those few that were executed before.
            models.Index(
                fields=["system", "first_executed_at", "test", "first_passed_at", "several_branches"],
                condition=~models.Q(test=""),
                name="run_of_system",
            ),
            models.Index(
                fields=["system", "first_passed_at", "test", "several_branches"],
                condition=models.Q(first_passed_at__gt=models.F("first_executed_at")),
                name="run_of_system_passed_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.test} {self.run_id}"

    @property
    def times(self) -> RunTimes:
        """What all of its results say."""
        return RunTimes(self.first_observed_at, self.first_executed_at, self.first_passed_at)

    @property
    def removed(self) -> RunTimes | None:
        """What those of its results say that retention removed; None when it removed none."""
        if self.removed_observed_at is None:
            return None
        return RunTimes(self.removed_observed_at, self.removed_executed_at, self.removed_passed_at)
