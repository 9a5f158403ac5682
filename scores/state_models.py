"""The states that systems have been in and will be in if nothing more arrives: a layer above claims and spans."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from assessments.models import System

if TYPE_CHECKING:
    NumbersField = models.Field[Sequence[int], list[int]]
else:
    NumbersField = models.Field


class SmallNumbers(NumbersField):
    """A list of whole numbers below 32768: an array in PostgreSQL, whose parts cost nothing to take, JSON in SQLite."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "smallint[]" if connection.vendor == "postgresql" else "text"

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        return list(value) if connection.vendor == "postgresql" else json.dumps(list(value))

    def from_db_value(self, value: Any, expression: object, connection: BaseDatabaseWrapper) -> list[int]:
        return json.loads(value) if isinstance(value, str) else list(value)


class KeptState(models.Model):
    """A system's state in [at, until), as `rubric.states` counts it, with the totals that trends are counted from.

    `tests` are digits of `scores.keeping.tests_of`. `score` and `verified` are whole numbers of the rubric's units,
    `points` those of each category in its order; `limits` has the bit of each category that holds the score down.
    """

    # The constraint's index begins with it; it finds the state at an instant too, as states follow each other without gaps.
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    until = models.DateTimeField()
    rubric = models.CharField(max_length=60)
    claims_from = models.DateTimeField(null=True)
    tests = models.TextField()
    score = models.PositiveIntegerField()
    verified = models.PositiveIntegerField()
    points = SmallNumbers()
    limits = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "until"], name="kept_state_ends_once"),
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("at")), name="kept_state_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system_id} from {self.at}"
