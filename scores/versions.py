"""Is this model version ready to serve? What ran on it, test by test, from the newest results that bear its name.

A version is ready when each test that holds a level at present has run on it and passed, and no test's newest result on
it failed. The results of a test on a version are, of each of its checks, the newest one that was executed or ended in an
error: skipped and voided ones, and those of another than the counted branch, say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from assessments.models import System
from evidence.models import ModelVersion, Result, Status
from rubric.definition import Rubric, Test
from rubric.levels import Level
from rubric.timeline import levels_at
from scores.facts import load_facts

OF_VERSION = "r.system_id = %s AND r.model_version = %s AND r.model_version > ''"
CHECKS = (
    f"WITH RECURSIVE named(check_id) AS (SELECT MIN(r.check_id) FROM evidence_result r WHERE {OF_VERSION} UNION ALL"
    f" SELECT (SELECT MIN(r.check_id) FROM evidence_result r WHERE {OF_VERSION} AND r.check_id > named.check_id)"
    " FROM named WHERE named.check_id IS NOT NULL)"
)
"""The checks with a result on a version, by one step in the index for each: never by reading all its results."""


class Outcome(StrEnum):
    """How a test came out on a version: the worst of its checks' newest results there."""

    FAILED = "failed"
    ERROR = "error"
    PASSED = "passed"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class TestOnVersion:
    """One test of the rubric on one version. `level` is the one it holds at present; `results` come worst first."""

    __test__ = False

    test: Test
    level: Level
    results: tuple[Result, ...]

    @property
    def required(self) -> bool:
        """Whether the version is ready only if this test passed on it."""
        return self.level is not Level.NONE

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.results[0].status) if self.results else Outcome.NOT_RUN

    @property
    def failing(self) -> bool:
        return self.outcome in (Outcome.FAILED, Outcome.ERROR)

    @property
    def missing(self) -> bool:
        return self.required and not self.results

    @property
    def newest(self) -> Result | None:
        return min(self.results, key=_newest_first, default=None)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What ran on a model version, as of `at`.

    `others` are results of tests that the rubric in force lacks. Retention removed results observed before `kept_from`.
    """

    version: ModelVersion
    rubric: Rubric
    at: datetime
    tests: tuple[TestOnVersion, ...]
    others: tuple[Result, ...]
    kept_from: datetime | None

    @property
    def failing(self) -> list[TestOnVersion]:
        return [test for test in self.tests if test.failing]

    @property
    def missing(self) -> list[TestOnVersion]:
        return [test for test in self.tests if test.missing]

    @property
    def required(self) -> list[TestOnVersion]:
        return [test for test in self.tests if test.required]

    @property
    def ready(self) -> bool:
        """Whether it may serve; never where no test holds a level, since nothing would be asked of it."""
        return bool(self.required) and not self.failing and not self.missing

    @property
    def removed(self) -> bool:
        """Whether results on it fell under retention."""
        return self.kept_from is not None and self.version.first_observed_at < self.kept_from

    @property
    def untold(self) -> bool:
        """Whether nothing is left that could tell what ran on it."""
        return self.removed and not self.others and not any(test.results for test in self.tests)

    def seen(self, field: str) -> list[str]:
        """The values of a provenance field in the results that the verdict rests on, each once, newest first."""
        found = sorted((result for test in self.tests for result in test.results), key=_newest_first)
        return list(dict.fromkeys(value for result in found if (value := getattr(result, field))))


def readiness(system: System, version: ModelVersion, at: datetime) -> Readiness:
    """What ran on this version of the system, as of the present `at`, in four statements."""
    facts = load_facts([system], at, at)[system.pk]
    rubric = facts.rubric_at(at)
    levels = levels_at(facts, at).credited
    by_test: dict[str, list[Result]] = {test: [] for test in rubric.tests}
    others: list[Result] = []
    for result in _newest_of_checks(system, version.name):
        by_test.get(result.check_of.test, others).append(result)
    return Readiness(
        version=version,
        rubric=rubric,
        at=at,
        tests=tuple(
            TestOnVersion(test, levels.get(key, Level.NONE), tuple(worst_first(by_test[key])))
            for key, test in rubric.tests.items()
        ),
        others=tuple(worst_first(others)),
        kept_from=system.results_kept_from,
    )


def worst_first(results: Iterable[Result]) -> Sequence[Result]:
    """Failed, error, passed; of equal ones the newest first."""
    rank = [Status.FAILED.value, Status.ERROR.value, Status.PASSED.value]
    return sorted(results, key=lambda result: (rank.index(result.status), *_newest_first(result)))


def _newest_first(result: Result) -> tuple[float, int]:
    return -result.observed_at.timestamp(), -result.pk


def _newest_of_checks(system: System, version: str) -> list[Result]:
    """Of each check the newest result on the version that says something, with its check."""
    with connection.cursor() as cursor:
        cursor.execute(*newest_statement(system, version))
        ids = [number for (number,) in cursor.fetchall() if number is not None]
    # By their ids in a list: in a subquery, PostgreSQL would rather read a small table whole.
    return list(Result.objects.select_related("check_of").in_bulk(ids).values())


def newest_statement(system: System, version: str) -> tuple[str, list[Any]]:
    """The statement that finds their ids, null for a check of which nothing counts, and its values."""
    says = f"{OF_VERSION} AND r.check_id = named.check_id AND r.voided_at IS NULL AND r.status <> 'skipped'"
    values = [system.pk, version] * 3
    if system.counted_branch is not None:
        says += " AND r.branch = %s"
        values.append(system.counted_branch)
    newest = (
        f"SELECT r.id FROM evidence_result r WHERE {says} ORDER BY r.observed_at DESC, r.received_at DESC, r.id DESC"
    )
    return f"{CHECKS} SELECT ({newest} LIMIT 1) FROM named WHERE named.check_id IS NOT NULL", values
