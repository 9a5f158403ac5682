"""Which pipelines may publish without a stored secret: a system bound to an issuer and what its tokens must say."""

from __future__ import annotations

from typing import Any, cast

from django.db import models

from accounts.models import Membership, Token
from assessments.models import System

LONGEST_ISSUER = 500


class Kind(models.TextChoices):
    """Whose tokens a binding takes; it decides the form, the label and the snippet."""

    GITHUB = "github", "GitHub Actions"
    GITLAB = "gitlab", "GitLab CI"
    OTHER = "other", "Another issuer"


class BindingQuerySet(models.QuerySet["Binding"]):
    def visible_to(self, reader: Membership | Token) -> BindingQuerySet:
        """Those of the reader's organisation."""
        return self.filter(token__organisation_id=reader.organisation_id)

    def in_force(self) -> BindingQuerySet:
        """Those that were not removed, the oldest first, with their token and system."""
        rows = self.filter(token__revoked_at__isnull=True)
        return rows.select_related("token__system", "token__organisation").order_by("pk")


class Binding(models.Model):
    """A system bound to an issuer and claims.

    `token` is what pipelines act as: bound to the system, it has a secret that nobody knows, and is revoked when the
    binding is removed. `claims` lists `[name, value]` in order; the first names the pipeline's home, such as its
    repository. `last_*` tell its owner how it is used, and why what came close was refused.
    """

    token = models.OneToOneField(Token, on_delete=models.CASCADE, related_name="binding")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    issuer = models.CharField(max_length=LONGEST_ISSUER)
    claims = models.JSONField(default=list)
    last_exchanged_at = models.DateTimeField(null=True, blank=True)
    last_subject = models.CharField(max_length=300, blank=True)
    last_refused_at = models.DateTimeField(null=True, blank=True)
    last_refusal = models.CharField(max_length=600, blank=True)

    objects = BindingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="binding_kind_is_known"),
        ]
        indexes = [models.Index(fields=["issuer"], name="binding_of_issuer")]

    def __str__(self) -> str:
        return self.token.name

    @property
    def system(self) -> System:
        """The system that its tokens see."""
        return cast(System, self.token.system)

    def mismatches(self, said: dict[str, Any]) -> list[tuple[str, str]]:
        """The bound claims that `said` does not bear out, as (name, required value)."""
        return [(name, value) for name, value in self.claims if not matches(value, said.get(name))]

    def comes_close(self, said: dict[str, Any]) -> bool:
        """Whether `said` is of the pipeline's home, whatever the other claims: its owner's own, not some stranger's."""
        name, value = self.claims[0]
        return matches(value, said.get(name))


def matches(required: str, said: Any) -> bool:
    """Whether a claim's value is the required one. Texts compare exactly; `true`, `false` and whole numbers as written."""
    if isinstance(said, bool):
        return required == str(said).lower()
    return isinstance(said, str | int) and required == str(said)
