"""What imports of reports go by: mapping rules, and the names that reports last brought."""

from __future__ import annotations

from django.db import models

from accounts.models import Membership, Organisation, OwnedQuerySet, Token
from assessments.models import System


class MappingRule(models.Model):
    """A pattern on checks' names and the key of the test that such checks evidence; `system` null: the organisation's.

    Rules are asked in the order of `position`; `format` '' means of any format.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="mapping_rules")
    system = models.ForeignKey(System, null=True, blank=True, on_delete=models.CASCADE, related_name="mapping_rules")
    position = models.PositiveIntegerField()
    pattern = models.CharField(max_length=300)
    test = models.CharField(max_length=60)
    format = models.CharField(max_length=40, blank=True)

    objects = OwnedQuerySet["MappingRule"].as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["system", "position"], name="mapping_rule_position_in_system"),
            models.UniqueConstraint(
                fields=["organisation", "position"],
                condition=models.Q(system__isnull=True),
                name="mapping_rule_position_in_organisation",
            ),
            models.CheckConstraint(condition=~models.Q(pattern=""), name="mapping_rule_has_a_pattern"),
        ]

    def __str__(self) -> str:
        return f"{self.pattern} -> {self.test}"


class SeenNamesQuerySet(models.QuerySet["SeenNames"]):
    def visible_to(self, reader: Membership | Token) -> SeenNamesQuerySet:
        """Those of the systems this reader may see."""
        return self.filter(system__in=System.objects.visible_to(reader))


class SeenNames(models.Model):
    """The names of checks that imports of one format last brought to a system: `{name: [instant, key it carries]}`.

    One row for each format, so that noting ten thousand names is one statement. Facts are in results; this is for
    writing rules.
    """

    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="seen_names")
    format = models.CharField(max_length=40)
    names = models.JSONField(default=dict)

    objects = SeenNamesQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "format"], name="seen_names_once_per_format")]

    def __str__(self) -> str:
        return f"{self.format} names of {self.system_id}"
