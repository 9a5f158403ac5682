"""What opens the door: invitations, the set-up code, and the tokens of pipelines. Secrets are stored as hashes only."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import models
from django.utils import timezone

from accounts.models.people import Organisation, OwnedQuerySet, Person, Role


def hash_secret(secret: str) -> str:
    """The stored form of a random secret of 256 bits: SHA-256, as nothing that random needs stretching."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Invitation(models.Model):
    """An offer of membership to an e-mail address; its secret travels by mail and is stored as a hash."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices)
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = OwnedQuerySet["Invitation"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.organisation}"

    def open_at(self, at: datetime) -> bool:
        """Whether it can still be accepted at this instant."""
        return self.accepted_at is None and self.revoked_at is None and at < self.expires_at


class SetupCode(models.Model):
    """The one-time code with which the first visitor sets up an empty installation; stored as a hash only."""

    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"setup code of {self.created_at:%Y-%m-%d %H:%M}"


class Scope(models.TextChoices):
    """What a token may do (contract, section 3)."""

    READ = "read"
    RESULTS_WRITE = "results:write"
    SYSTEMS_WRITE = "systems:write"
    ASSESSMENTS_WRITE = "assessments:write"
    ORGANISATION_WRITE = "organisation:write"


class Token(models.Model):
    """A pipeline's credential: of one organisation, perhaps bound to one system; stored as a hash only."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="tokens")
    system = models.ForeignKey(
        "assessments.System", null=True, blank=True, on_delete=models.CASCADE, related_name="tokens"
    )
    name = models.CharField(max_length=120)
    scopes = models.JSONField(default=list)
    secret_hash = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=16)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = OwnedQuerySet["Token"].as_manager()

    # PostgreSQL's mark of the row's version, of a token that was not asked for anew: see `accounts.tokens.recall`.
    version = ""

    def __str__(self) -> str:
        return self.name

    def usable_at(self, at: datetime) -> bool:
        """Neither revoked nor expired at this instant."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    def has_scope(self, scope: Scope) -> bool:
        return scope in self.scopes


class Pass(models.Model):
    """A secret that stands for a token for some minutes, then is deleted: what keyless publishing gives to pipelines."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="passes")
    secret_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"pass of {self.token}"
