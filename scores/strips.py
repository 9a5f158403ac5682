"""The last results of each check of a test, whatever the number of all: what strips and charts of metrics show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.statements import to_sql
from evidence.models import Check, Result

RESULTS_SHOWN = 40
CHECKS_SHOWN = 12
COLUMNS = "id, system_id, check_id, run_id, status, observed_at, metrics, voided_at"


@dataclass(frozen=True, slots=True)
class CheckHistory:
    """A check's last results by an instant, oldest first, voided ones among them; `more` says whether others are older."""

    check: Check
    results: Sequence[Result]
    more: bool

    @property
    def newest(self) -> Result | None:
        """The newest that says something: neither skipped nor voided."""
        said = (each for each in reversed(self.results) if each.voided_at is None and each.status != "skipped")
        return next(said, None)


def page_of_checks(checks: Sequence[Check], number: int) -> tuple[list[Check], bool]:
    """CHECKS_SHOWN of the checks, those that do not pass at present first, then by name; whether more follow."""
    ordered = sorted(checks, key=lambda check: (check.newest_status in ("passed", ""), check.name))
    end = number * CHECKS_SHOWN
    return ordered[end - CHECKS_SHOWN : end], len(ordered) > end


def histories(checks: Sequence[Check], at: datetime) -> list[CheckHistory]:
    """The last RESULTS_SHOWN results of each of these checks that were observed by `at`, in one statement.

    Each check's are one stretch of an index.
    """
    if not checks:
        return []
    newest = (
        f"SELECT {COLUMNS} FROM evidence_result WHERE check_id = %s AND observed_at <= %s"
        f" ORDER BY observed_at DESC, id DESC LIMIT {RESULTS_SHOWN + 1}"
    )
    parts = [f"SELECT * FROM ({newest}) AS of_check_{index}" for index in range(len(checks))]
    values = [value for check in checks for value in (check.pk, to_sql(at))]
    by_check: dict[int, list[Result]] = {check.pk: [] for check in checks}
    for result in Result.objects.raw(" UNION ALL ".join(parts), values):
        by_check[result.check_of_id].append(result)
    return [_history(check, by_check[check.pk]) for check in checks]


def _history(check: Check, found: list[Result]) -> CheckHistory:
    found.sort(key=lambda result: (result.observed_at, result.pk), reverse=True)
    return CheckHistory(check, found[:RESULTS_SHOWN][::-1], len(found) > RESULTS_SHOWN)
