"""Systems under assessment and what their teams claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import Membership, Organisation, Person, Team, Token
from rubric.levels import LEVELS


class Lifecycle(models.TextChoices):
    EXPERIMENT = "experiment"
    PRODUCTION = "production"
    RETIRED = "retired"


class SystemQuerySet(models.QuerySet["System"]):
    def visible_to(self, reader: Membership | Token) -> SystemQuerySet:
        """The systems this member or token may see: their organisation's, and of these a bound token's own only."""
        visible = self.filter(organisation_id=reader.organisation_id)
        if isinstance(reader, Token) and reader.system_id is not None:
            visible = visible.filter(pk=reader.system_id)
        return visible

    def forget_states(self, since: datetime | None = None) -> None:
        """Say that the kept states of these systems are no longer known to be true from `since` on; None: at any time.

        To be called by whoever changes facts or rules, in the same transaction. It leaves the systems' rows in another
        version in any case, by which postings tell that what they remember of them is outdated.
        """
        if since is None:
            self.update(states_until=None)
        else:
            earlier = models.When(states_until__gt=since, then=models.Value(since))
            self.update(states_until=models.Case(earlier, default=models.F("states_until")))


class System(models.Model):
    """One ML system. Its row is also the lock that writers of its facts take.

    `editions` lists the rubric editions it has been scored by, `[{"rubric": key, "from": instant or null}]` in order of
    time; the first holds for all earlier times. `rubric` is the one in force. `generation` names the spans in force,
    `pending_generation` those that a change of rules is preparing. `efforts` replaces efforts in plans, by test. Retention
    removed results observed before `results_kept_from` (null: none so far). Its kept states (`scores.keeping`) are true
    of all instants before `states_until` (null: of none); the first of them lies at `states_since` (null: there is none).
    `states_stamp` is another number whenever other states are stored (0: none were). `first_run_at` is when the earliest
    result that counts was observed (null: there is none), removed ones included; whoever stores or voids results keeps it.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="systems")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, max_length=4000)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="systems")
    owner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    tags = models.JSONField(default=list)
    lifecycle = models.CharField(max_length=12, choices=Lifecycle.choices, default=Lifecycle.EXPERIMENT)
    retired_at = models.DateTimeField(null=True, blank=True)
    repository_url = models.URLField(blank=True, max_length=2000)
    rubric = models.CharField(max_length=60)
    editions = models.JSONField(default=list)
    target_score = models.DecimalField(null=True, blank=True, max_digits=9, decimal_places=6)
    windows = models.JSONField(default=dict)
    efforts = models.JSONField(default=dict, blank=True)
    counted_branch = models.CharField(max_length=200, null=True, blank=True)
    generation = models.PositiveBigIntegerField(default=0)
    pending_generation = models.PositiveBigIntegerField(null=True, blank=True)
    results_kept_from = models.DateTimeField(null=True, blank=True)
    states_until = models.DateTimeField(null=True, blank=True)
    states_since = models.DateTimeField(null=True, blank=True)
    states_stamp = models.BigIntegerField(default=0)
    first_run_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SystemQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "slug"], name="system_slug_is_unique_in_organisation"),
            models.CheckConstraint(
                condition=models.Q(lifecycle__in=Lifecycle.values), name="system_lifecycle_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(lifecycle="retired", retired_at__isnull=False)
                | (~models.Q(lifecycle="retired") & models.Q(retired_at__isnull=True)),
                name="system_retired_has_its_instant",
            ),
            models.CheckConstraint(
                condition=models.Q(target_score__isnull=True) | models.Q(target_score__gte=0),
                name="system_target_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def edition_at(self, at: datetime) -> str:
        """The key of the rubric edition in force at this instant."""
        return edition_in_force(self.editions, at)

    @property
    def edition_changed_at(self) -> datetime | None:
        """When the system last moved to another edition; None if it never did. Aware, in UTC."""
        newest = self.editions[-1]["from"]
        return datetime.fromisoformat(newest).astimezone(UTC) if newest else None

    @property
    def edition_keys(self) -> list[str]:
        """Every edition that the system has had, without repeats."""
        return list(dict.fromkeys(edition["rubric"] for edition in self.editions))

    def window(self, test: str, organisation_days: int) -> timedelta:
        """The freshness window of a test: the system's own, else the organisation's."""
        return timedelta(days=self.windows.get(test, organisation_days))


def edition_in_force(editions: Sequence[Mapping[str, Any]], at: datetime) -> str:
    """The rubric of the last of a system's editions that began by an instant; the first one holds for all earlier times."""
    in_force: str = editions[0]["rubric"]
    for edition in editions[1:]:
        if datetime.fromisoformat(edition["from"]) <= at:
            in_force = edition["rubric"]
    return in_force


class Badge(models.Model):
    """A system's public badge: whoever has its key reads the score while it is on. Renewing the key ends the former one.

    With `chart` they see how the score came about over the last year besides.
    """

    system = models.OneToOneField(System, on_delete=models.CASCADE, related_name="badge")
    key = models.CharField(max_length=64, unique=True)
    on = models.BooleanField(default=True)
    chart = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return f"badge of {self.system_id}"


class AssessmentStatus(models.TextChoices):
    DRAFT = "draft"
    FINAL = "final"
    VOIDED = "voided"


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def visible_to(self, reader: Membership | Token) -> AssessmentQuerySet:
        """The assessments of the systems this reader may see."""
        return self.filter(system__in=System.objects.visible_to(reader))

    def final(self) -> AssessmentQuerySet:
        """The finalised ones that count, oldest first; of equal times the later recorded comes last."""
        return self.filter(status=AssessmentStatus.FINAL).order_by("effective_at", "recorded_at", "id")


class Assessment(models.Model):
    """A team's self-assessment of one system. A draft is edited; a final one is frozen, by trigger.

    `claims` is the frozen copy of the answers that scores read: `{test key: level key or "na"}`, written by
    finalising, null in a draft; tests left out claim none. `version` rises with every change of a draft's answers.
    `authors` names who changed an answer, null while nobody has. Where a second reader approves, a draft waits for them
    from `submitted_at` on, and is not edited meanwhile; `remarks` say why `returned_by` sent it back.
    """

    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="assessments")
    status = models.CharField(max_length=8, choices=AssessmentStatus.choices, default=AssessmentStatus.DRAFT)
    rubric = models.CharField(max_length=60)
    imported = models.BooleanField(default=False)
    effective_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=254)
    author = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    carried_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    claims = models.JSONField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    authors = models.JSONField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    returned_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    remarks = models.TextField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.CharField(max_length=254, blank=True)
    void_reason = models.CharField(max_length=2000, blank=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system"],
                condition=models.Q(status="draft", imported=False),
                name="assessment_one_open_draft_per_system",
            ),
            models.CheckConstraint(
                condition=models.Q(status="draft") | models.Q(effective_at__isnull=False, claims__isnull=False),
                name="assessment_final_has_claims_and_time",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=AssessmentStatus.values), name="assessment_status_is_known"
            ),
        ]
        indexes = [models.Index(fields=["system", "status", "effective_at"], name="assessment_newest_of_system")]

    def __str__(self) -> str:
        return f"assessment {self.pk} of {self.system_id}"

    @property
    def is_draft(self) -> bool:
        return self.status == AssessmentStatus.DRAFT


class Answer(models.Model):
    """One claim of an assessment: a level, why, and links to evidence.

    `unseen_from` is the assessment that it was taken over from, until somebody looks at it. `declined` is the level that
    evidence proposed and somebody declined.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="answers")
    test = models.CharField(max_length=60)
    level = models.CharField(max_length=10, choices=[(key, key) for key in LEVELS])
    justification = models.TextField(blank=True)
    evidence = models.JSONField(default=list)
    not_applicable = models.BooleanField(default=False)
    unseen_from = models.ForeignKey(Assessment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    declined = models.CharField(max_length=10, null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=254)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "test"], name="answer_one_per_test"),
            models.CheckConstraint(condition=models.Q(level__in=list(LEVELS)), name="answer_level_is_known"),
            models.CheckConstraint(
                condition=models.Q(not_applicable=False) | models.Q(level="none"),
                name="answer_not_applicable_claims_none",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.test}: {self.level}"

    def content(self) -> dict[str, Any]:
        """What a person wrote, without versions: two answers of equal content say the same."""
        return {
            "level": self.level,
            "justification": self.justification,
            "evidence": list(self.evidence),
            "not_applicable": self.not_applicable,
        }
