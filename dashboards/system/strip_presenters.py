"""The evidence of one test: its checks as strips of results, and their metrics. No queries, no clock, no markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboards.figures.chart import Chart
from dashboards.figures.metric import Reading, Series, metric_chart
from evidence.models import Check, Result, Status
from scores.strips import CheckHistory

SIGNS = {Status.PASSED: "✓", Status.FAILED: "✕", Status.ERROR: "!", Status.SKIPPED: "–"}
METRICS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Cell:
    """One result of a strip; `leads` where it has something to look at: it did not pass, or was voided."""

    result: Result
    sign: str
    leads: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """A check with its last results, oldest first. `newest` is the newest that was neither skipped nor voided."""

    check: Check
    cells: Sequence[Cell]
    counts: str
    newest: Result | None
    more: bool


@dataclass(frozen=True, slots=True)
class Metrics:
    """The charts of metrics, each with an id and its name; `others` names those that are not shown."""

    charts: Sequence[tuple[str, str, Chart]]
    others: Sequence[str]


def strips(found: Sequence[CheckHistory]) -> list[Strip]:
    """A strip for each check."""
    return [
        Strip(each.check, [_cell(result) for result in each.results], _counts(each.results), each.newest, each.more)
        for each in found
    ]


def _cell(result: Result) -> Cell:
    return Cell(result, SIGNS[Status(result.status)], result.status != Status.PASSED or result.voided_at is not None)


def _counts(results: Sequence[Result]) -> str:
    """`38 passed, 1 failed, 1 voided`."""
    counted = Counter("voided" if result.voided_at else result.status for result in results)
    return ", ".join(f"{counted[word]} {word}" for word in (*Status.values, "voided") if counted[word])


def metrics(found: Sequence[CheckHistory], at: datetime) -> Metrics:
    """A chart for each of the METRICS_SHOWN metrics with most values up to `at`; voided results are left out."""
    values = Counter(name for each in found for result in _told(each) for name in result.metrics)
    names = sorted(values, key=lambda name: (-values[name], name))
    return Metrics(
        [
            (f"metric-{index}", name, metric_chart(name, _series(name, found), at))
            for index, name in enumerate(names[:METRICS_SHOWN])
        ],
        names[METRICS_SHOWN:],
    )


def _told(history: CheckHistory) -> list[Result]:
    return [each for each in history.results if each.voided_at is None and each.status != Status.SKIPPED]


def _series(name: str, found: Sequence[CheckHistory]) -> list[Series]:
    """The checks that report the metric, the one with most values first; runs without it in between are gaps."""
    series = []
    for each in found:
        readings = [
            Reading(result.observed_at, result.run_id, result.status, _number(result.metrics.get(name)))
            for result in _told(each)
        ]
        reported = [index for index, reading in enumerate(readings) if reading.value is not None]
        if reported:
            series.append(Series(each.check.name, readings[reported[0] :]))
    return sorted(series, key=lambda each: -len(each.readings))


def _number(value: int | float | None) -> float | None:
    """A stored number as a float: databases give large ones back as whole numbers."""
    return None if value is None else float(value)
