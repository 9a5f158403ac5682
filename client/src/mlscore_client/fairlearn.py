"""Results from Fairlearn: how far a metric differs between groups, against thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlscore_client.results import Result
from mlscore_client.thresholds import Limit, judge, numbers

SINGLE = "metric"
"""The name of the only metric of a MetricFrame that was made of a function and not of a dict."""


def result_of_metric_frame(
    frame: Any,
    *,
    test: str,
    max_difference: Mapping[str, float] | None = None,
    min_ratio: Mapping[str, float] | None = None,
    method: str = "between_groups",
    check: str | None = None,
    **values: Any,
) -> Result:
    """What a `fairlearn.metrics.MetricFrame` shows for `test`: `max_difference={"recall": 0.1}`, `min_ratio={"recall": 0.8}`.

    Differences and ratios as Fairlearn's own methods count them (`method`); with control features, the worst of their
    levels. Groups are not named in the result: they may be data of people. A value that is missing or NaN, such as that
    of an empty group, is an error. ValueError when no limit is given.
    """
    worst = {f"{name} difference": value for name, value in by_metric(frame.difference(method=method), max).items()}
    worst |= {f"{name} ratio": value for name, value in by_metric(frame.ratio(method=method), min).items()}
    limits: dict[str, Limit] = {f"{name} difference": f"<= {bound!r}" for name, bound in (max_difference or {}).items()}
    limits |= {f"{name} ratio": f">= {bound!r}" for name, bound in (min_ratio or {}).items()}
    verdict = judge(worst, limits)
    defaults: dict[str, Any] = {"message": verdict.message, "metrics": numbers(worst)}
    return Result(test=test, status=verdict.status, check=check, **{**defaults, **values})


def by_metric(found: Any, worst: Any) -> dict[str, float]:
    """A number, a Series or a DataFrame of Fairlearn as one number a metric; NaN where any of them is NaN.

    Without control features there is a row of metrics, with them a table: a column a metric, or a single column.
    """
    if hasattr(found, "columns"):
        return {str(name): _extreme([float(value) for value in found[name]], worst) for name in found.columns}
    if not hasattr(found, "index"):
        return {SINGLE: float(found)}
    if getattr(found.index, "names", [None]) != [None]:
        # The index names control features: these are levels of one metric, not metrics.
        return {SINGLE: _extreme([float(value) for value in found], worst)}
    return {str(name): float(value) for name, value in found.items()}


def _extreme(values: list[float], worst: Any) -> float:
    undefined = [value for value in values if value != value]
    return undefined[0] if undefined else float(worst(values))
