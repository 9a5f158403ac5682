"""Scores in Prometheus's text format: each figure a metric, each system a series of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from rubric.scoring import Totals, number
from scores.gauges import Gauges

LABELS = ("system", "team", "lifecycle", "rubric")
BY_CATEGORY = (*LABELS, "category")


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of a system: `value` gives a number, or one for each category; None and empty where there is none."""

    name: str
    help: str
    value: Callable[[Gauges], Fraction | float | Mapping[str, Fraction] | None]
    labels: Sequence[str] = LABELS


def _score(of: Callable[[Gauges], Totals | None]) -> Callable[[Gauges], Fraction | None]:
    return lambda row: None if (totals := of(row)) is None else totals.score


def _categories(of: Callable[[Gauges], Totals | None]) -> Callable[[Gauges], Mapping[str, Fraction]]:
    return lambda row: {} if (totals := of(row)) is None else totals.categories


def _all(row: Gauges) -> Totals | None:
    return row.score.score if row.score else None


def _claimed(row: Gauges) -> Totals | None:
    return row.score.claimed if row.score else None


def _verified(row: Gauges) -> Totals | None:
    return row.score.verified if row.score else None


METRICS = (
    Metric("mlscore_score", "The score, in points or, where the rubric counts shares, in percent.", _score(_all)),
    Metric("mlscore_claimed_score", "The score from claims alone.", _score(_claimed)),
    Metric("mlscore_verified_score", "The score from fresh runs alone.", _score(_verified)),
    Metric(
        "mlscore_target_score",
        "The score that the system is to reach, where it has a target.",
        lambda row: None if row.system.target_score is None else float(row.system.target_score),
    ),
    Metric("mlscore_category_score", "The points of a category.", _categories(_all), BY_CATEGORY),
    Metric(
        "mlscore_category_verified_score",
        "The points of a category from fresh runs alone.",
        _categories(_verified),
        BY_CATEGORY,
    ),
    Metric(
        "mlscore_credited_points",
        "The points of all categories together.",
        lambda row: None if row.score is None else row.credited,
    ),
    Metric(
        "mlscore_verified_ratio",
        "The share of the credited points that fresh runs prove, 0 to 1.",
        lambda row: row.verified_share,
    ),
    Metric("mlscore_failing_checks", "Checks whose newest fresh result did not pass.", lambda row: row.failing),
    Metric("mlscore_lapsing_tests", "Tests whose evidence lapses within 7 days.", lambda row: row.lapsing),
    Metric(
        "mlscore_next_lapse_seconds",
        "Seconds until evidence of a test lapses if nothing arrives, where any holds.",
        lambda row: None if row.lapses_in is None else row.lapses_in.total_seconds(),
    ),
    Metric(
        "mlscore_review_due",
        "1 where the newest assessment is older than the review interval, or there is none; else 0.",
        lambda row: float(row.review_due),
    ),
)


class _Rows(Collector):
    """The metrics of some systems, as the exposition library collects them."""

    def __init__(self, rows: Sequence[Gauges]) -> None:
        self.rows = rows

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for metric in METRICS:
            family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for row in self.rows:
                _add(family, metric, row)
            yield family


def _add(family: GaugeMetricFamily, metric: Metric, row: Gauges) -> None:
    system = row.system
    labels = [system.slug, system.team.slug if system.team else "", system.lifecycle, row.rubric]
    value = metric.value(row)
    if isinstance(value, Mapping):
        for category, points in value.items():
            family.add_metric([*labels, category], number(points))
    elif value is not None:
        family.add_metric(labels, number(value) if isinstance(value, Fraction) else value)


def exposition(rows: Sequence[Gauges]) -> bytes:
    """The rows in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_Rows(rows))
    return generate_latest(registry)
