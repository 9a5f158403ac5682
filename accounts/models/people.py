"""People, organisations, and who has which place in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models.credentials import Token

WINDOW_DAYS = (1, 730)
REPEAT_HOURS = (0, 730 * 24)
REVIEW_INTERVAL_DAYS = (1, 730)
RETENTION_MONTHS = (1, 240)


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None, *, name: str = "") -> Person:
        """A person who signs in with this e-mail address; without a password they can't until one is set."""
        person = self.model(email=self.normalize_email(email).lower(), name=name)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Someone who signs in. What they may do follows from their memberships alone."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    # What the sign-in's backend read together with the person; None where somebody else read them.
    known_memberships: list[Membership] | None = None

    objects = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="person_email_is_unique")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        """One or two letters that stand for the person in the page's head."""
        words = self.name.split() or [self.email]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


class Credit(models.TextChoices):
    """Which results count as executed (contract, section 2)."""

    EXECUTED = "executed"
    PASSED = "passed"


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def of(self, person: Person) -> OrganisationQuerySet:
        """The organisations that this person belongs to."""
        return self.filter(memberships__person=person)


class Organisation(models.Model):
    """The tenant, with the rules by which its history is read.

    `efforts` replaces the rubrics' own efforts in plans: `{test key: "S", "M" or "L"}`.
    `retention_months` says how long results are kept as posted; it is no rule, and touches no score. `second_reader`: an
    assessment becomes final when somebody approves it who did not write it.
    """

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    window_days = models.PositiveIntegerField(default=30)
    repeat_hours = models.PositiveIntegerField(default=12)
    credit = models.CharField(max_length=10, choices=Credit.choices, default=Credit.EXECUTED)
    review_interval_days = models.PositiveIntegerField(default=90)
    efforts = models.JSONField(default=dict, blank=True)
    retention_months = models.PositiveIntegerField(default=25)
    allow_not_applicable = models.BooleanField(default=True)
    second_reader = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(window_days__range=WINDOW_DAYS), name="organisation_window_is_1_to_730_days"
            ),
            models.CheckConstraint(
                condition=models.Q(repeat_hours__range=REPEAT_HOURS), name="organisation_repeat_is_0_to_17520_hours"
            ),
            models.CheckConstraint(
                condition=models.Q(review_interval_days__range=REVIEW_INTERVAL_DAYS),
                name="organisation_review_is_1_to_730_days",
            ),
            models.CheckConstraint(
                condition=models.Q(retention_months__range=RETENTION_MONTHS),
                name="organisation_retention_is_1_to_240_months",
            ),
            models.CheckConstraint(
                condition=models.Q(credit__in=Credit.values), name="organisation_credit_is_executed_or_passed"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do; each role may do all that the ones before it may."""

    VIEWER = "viewer"
    ASSESSOR = "assessor"
    ADMIN = "admin"
    OWNER = "owner"

    def includes(self, other: Role) -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


Owned = TypeVar("Owned", bound=models.Model)


class OwnedQuerySet(models.QuerySet[Owned]):
    """Rows that bear their organisation."""

    def visible_to(self, reader: Membership | Token) -> Self:
        """Those of the reader's organisation, and of nobody else's."""
        return self.filter(organisation_id=reader.organisation_id)


class Team(models.Model):
    """A group of people and of systems within an organisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="teams")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OwnedQuerySet["Team"].as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "slug"], name="team_slug_is_unique_in_organisation")
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's place in an organisation; every read is made `visible_to` one."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    teams = models.ManyToManyField(Team, related_name="members", blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OwnedQuerySet["Membership"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "person"], name="membership_is_one_per_organisation"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.organisation}"

    def may(self, role: Role) -> bool:
        """Whether the member's role includes `role`."""
        return Role(self.role).includes(role)
