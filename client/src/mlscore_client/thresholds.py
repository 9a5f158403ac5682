"""Limits that metrics must keep, written as `">= 0.8"`, `"< 250"`, or as the number that is the least."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable, Union

Limit = Union[str, float, int]
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_LIMIT = re.compile(r"\s*(>=|<=|>|<)\s*(\S+)\s*")


@dataclass(frozen=True)
class Verdict:
    """`status` is error when a metric is missing or no number: nothing was shown then."""

    status: str
    message: str


def judge(metrics: Mapping[str, Any], limits: Mapping[str, Limit]) -> Verdict:
    """Whether the metrics keep all limits (by metric). ValueError for a limit that is none, or none at all."""
    if not limits:
        raise ValueError("name at least one threshold: without one everything would pass")
    broken, missing = [], []
    for name, limit in limits.items():
        sign, bound = _parsed(limit)
        value = metrics.get(name)
        if value is None or isinstance(value, bool) or not math.isfinite(float(value)):
            missing.append(f"{name}: no number ({value}), required {sign} {bound:g}")
        elif not _COMPARISONS[sign](float(value), bound):
            broken.append(f"{name}: {float(value):g}, required {sign} {bound:g}")
    status = "failed" if broken else "error" if missing else "passed"
    return Verdict(status, "; ".join([*broken, *missing]) or f"{len(limits)} thresholds kept")


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The metrics that are finite numbers, as many as a result may bear."""
    usable = {str(name): float(value) for name, value in metrics.items() if not isinstance(value, (bool, str))}
    return dict([(name, value) for name, value in usable.items() if math.isfinite(value)][:50])


def _parsed(limit: Limit) -> tuple[str, float]:
    if isinstance(limit, (int, float)) and not isinstance(limit, bool):
        return ">=", float(limit)
    match = _LIMIT.fullmatch(limit) if isinstance(limit, str) else None
    if match is None:
        raise ValueError(f"a threshold reads like '>= 0.8', not {limit!r}")
    return match[1], float(match[2])
