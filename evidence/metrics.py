"""Metrics of results as they are put out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

LARGEST_EXACT = 2**53


def shortest(metrics: Mapping[str, int | float]) -> dict[str, int | float]:
    """Each number as a float where that says the same: PostgreSQL writes a large float out as a whole number."""
    return {name: _shortest(value) for name, value in metrics.items()}


def _shortest(value: int | float) -> int | float:
    if abs(value) < LARGEST_EXACT or isinstance(value, float) or Decimal(repr(float(value))) != value:
        return value
    return float(value)
