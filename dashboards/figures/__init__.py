"""Charts from plain rows: no ORM, no clock, no markup."""

from dashboards.figures.organisation_trend import organisation_trend
from dashboards.figures.system_trend import system_trend

__all__ = ["organisation_trend", "system_trend"]
