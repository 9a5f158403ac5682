"""The demo, seeded once for all tests of its stories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from assessments.models import Assessment, System
from dashboards.demo.seeding import seed
from evidence.models import Result, Span
from rubric.timeline import Point
from scores.reading import first_fact_at, full_score, history
from scores.score import FullScore, TestScore

NOW = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
DAY = timedelta(days=1)

Facts = dict[str, list[tuple[Any, ...]]]


def recorded_facts() -> Facts:
    """Everything that scores are made of, without database ids."""
    results = Result.objects.values_list(
        "system__slug",
        "check_of__name",
        "check_of__test",
        "run_id",
        "status",
        "observed_at",
        "received_at",
        "message",
        "commit",
        "branch",
        "model_version",
        "dataset_version",
        "voided_at",
        "metrics",
    ).order_by("system__slug", "check_of__name", "run_id")
    assessments = Assessment.objects.values_list(
        "system__slug", "started_at", "effective_at", "recorded_by", "status", "claims"
    ).order_by("system__slug", "started_at")
    spans = Span.objects.values_list("system__slug", "test", "level", "starts_at", "ends_at").order_by(
        "system__slug", "test", "level", "starts_at", "ends_at"
    )
    return {"results": list(results), "assessments": list(assessments), "spans": list(spans)}


@dataclass(frozen=True)
class Demo:
    """The seeded demo as of NOW, and the facts of an earlier seeding at the same instant."""

    earlier: Facts

    def system(self, slug: str) -> System:
        return System.objects.select_related("organisation", "team", "owner").get(slug=slug)

    def full(self, slug: str, at: datetime = NOW) -> FullScore:
        return full_score(self.system(slug), at)

    def test(self, slug: str, key: str, at: datetime = NOW) -> TestScore:
        return next(test for test in self.full(slug, at).tests if test.test.key == key)

    def score(self, slug: str, at: datetime = NOW) -> float:
        return float(self.full(slug, at).total.score.score)

    def history(self, slug: str, end: datetime = NOW) -> list[Point]:
        system = self.system(slug)
        start = first_fact_at(system)
        assert start is not None
        return history(system, start, end)

    def newest(self, slug: str, test: str) -> Result:
        """The newest result of a test."""
        return Result.objects.filter(system__slug=slug, check_of__test=test).latest("observed_at")


@pytest.fixture(scope="package")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[Demo]:
    with django_db_blocker.unblock(), transaction.atomic():
        savepoint = transaction.savepoint()
        assert seed(NOW)
        earlier = recorded_facts()
        transaction.savepoint_rollback(savepoint)
        assert seed(NOW)
        yield Demo(earlier)
        transaction.set_rollback(True)
