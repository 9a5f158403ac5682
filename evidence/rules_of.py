"""The rules by which a system's runs are read, from its organisation's settings and its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from assessments.models import System
from rubric.evidence import CountingRule, FreshnessRule

ORGANISATION_RULES = ("window_days", "repeat_hours", "credit")
SYSTEM_RULES = ("windows", "counted_branch")


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule that turns one system's runs into spans. Windows are in days, `repeat_hours` in hours.

    They hold for the spans of one generation, so all are read by the statement that read the system, organisation's and all.
    """

    window_days: int
    repeat_hours: int
    credit: str
    windows: Mapping[str, int]
    counted_branch: str | None

    @classmethod
    def of(cls, system: System) -> Rules:
        """The rules in force for this system; its organisation must have been read with it."""
        organisation = system.organisation
        return cls(
            window_days=organisation.window_days,
            repeat_hours=organisation.repeat_hours,
            credit=organisation.credit,
            windows=system.windows,
            counted_branch=system.counted_branch,
        )

    def changed(self, changes: Mapping[str, Any]) -> Rules:
        """The same rules with these fields replaced; fields that are no rule of evidence are passed over."""
        return replace(self, **{field: value for field, value in changes.items() if field in self.__slots__})

    @property
    def counting(self) -> CountingRule:
        return CountingRule(credit=self.credit, branch=self.counted_branch)

    @property
    def repeat(self) -> timedelta:
        """The repeat interval, the same for all tests."""
        return _freshness(self.window_days, self.repeat_hours).repeat

    def freshness(self, test: str) -> FreshnessRule:
        """The window and the repeat interval of one test."""
        return _freshness(self.windows.get(test, self.window_days), self.repeat_hours)

    @property
    def time_column(self) -> str:
        """The column of `Run` that holds a run's time on one branch."""
        return time_column(self.credit)


@lru_cache(maxsize=1024)  # making one costs more than anything that asks for it
def _freshness(days: int, repeat_hours: int) -> FreshnessRule:
    return FreshnessRule(window=timedelta(days=days), repeat=timedelta(hours=repeat_hours))


def time_column(credit: str) -> str:
    """The same by the credit rule alone."""
    return "first_passed_at" if credit == "passed" else "first_executed_at"
