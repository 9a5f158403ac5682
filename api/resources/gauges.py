"""Scores in Prometheus's text format: each figure a metric, each system a series of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from rubric.once import Same
from rubric.scoring import Totals, number
from scores.gauges import Gauges

LABELS = ("system", "team", "lifecycle", "rubric")
BY_CATEGORY = (*LABELS, "category")


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of a system: `value` gives a number, or one for each category; None and empty where there is none.

    An instant stands for the seconds until then.
    """

    name: str
    help: str
    value: Callable[[Gauges], Fraction | float | Mapping[str, Fraction] | datetime | None]
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
        lambda row: row.falls_at,
    ),
    Metric(
        "mlscore_review_due",
        "1 where the newest assessment is older than the review interval, or there is none; else 0.",
        lambda row: float(row.review_due),
    ),
)


class _Family(Collector):
    """One metric of some systems, as the exposition library collects it."""

    def __init__(self, metric: Metric, rows: Sequence[Gauges]) -> None:
        self.metric, self.rows = metric, rows

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily(self.metric.name, self.metric.help, labels=self.metric.labels)
        for row in self.rows:
            _add(family, self.metric, row)
        yield family


def _add(family: GaugeMetricFamily, metric: Metric, row: Gauges) -> None:
    system = row.system
    labels = [system.slug, system.team.slug if system.team else "", system.lifecycle, row.rubric]
    value = metric.value(row)
    if isinstance(value, Mapping):
        for category, points in value.items():
            family.add_metric([*labels, category], number(points))
    elif isinstance(value, datetime):
        # What stands before the number, which is another at each instant, is all that is wanted of it.
        family.add_metric(labels, 0)
    elif value is not None:
        family.add_metric(labels, number(value) if isinstance(value, Fraction) else value)


@lru_cache
def _head(metric: Metric) -> str:
    """The lines before those of systems."""
    return generate_latest(_Family(metric, ())).decode()


@lru_cache(maxsize=4096)
def _lines(same: Same[Gauges]) -> Sequence[str]:
    """A system's lines of each metric, as the library writes them. It takes longer over them than all else takes."""
    return [generate_latest(_Family(metric, [same.value])).decode().removeprefix(_head(metric)) for metric in METRICS]


def _until(line: str, then: datetime | None, at: datetime) -> str:
    """The line with the seconds from `at` to `then` as its value; nothing without that."""
    if then is None:
        return ""
    seconds = floatToGoString((then - at).total_seconds())  # type: ignore[no-untyped-call]
    return f"{line.rpartition(' ')[0]} {seconds}\n"


def exposition(rows: Sequence[Gauges], at: datetime) -> bytes:
    """The rows, which are as of `at` (aware), in Prometheus's text format."""
    lines = [_lines(Same(row)) for row in rows]
    made = []
    for place, metric in enumerate(METRICS):
        own = [each[place] for each in lines]
        if metric.name == "mlscore_next_lapse_seconds":
            own = [_until(line, row.falls_at, at) for line, row in zip(own, rows, strict=True)]
        made += [_head(metric), *own]
    return "".join(made).encode()
