"""How a system's score came about, for its document: the chart, and the state at the ends of months."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from dashboards.figures.chart import day
from dashboards.figures.printed import Series, category_series, printed_chart
from dashboards.reports.document import instant, value_of
from dashboards.reports.reading import SystemReading
from rubric.definition import Rubric
from rubric.reported import Reported
from rubric.timeline import Point
from scores.trends import Interval, bucket_ends

HISTORY = timedelta(days=365)
SHORT_HISTORY = timedelta(days=60)
"""Up to this length a history is listed by weeks, else by months."""


def chart(rubric: Rubric, reading: SystemReading) -> dict[str, Any]:
    """The score, the verified score and the categories over time: gaps where another edition was in force, or nobody
    reported anything."""
    points = reading.points
    starts, known = [point.at for point in points], reading.reported
    begins = [at for at in (known.verified, *known.categories.values()) if at and points[0].at < at <= reading.at]
    own = [
        (at, point if point.rubric == rubric.key else None)
        for at in sorted({*starts, *begins})
        for point in [points[bisect_right(starts, at) - 1]]
    ]
    by_category = [(at, None if point is None else _reported(point, at, known)) for at, point in own]
    verified = [(at, None if point is None or not reading.ran_by(at) else point.verified) for at, point in own]
    score = [(at, None if point is None else point.score) for at, point in own]
    series = category_series(rubric, by_category)
    series += [Series("Verified", "ink", 1.5, (1, 3), verified), Series("Score", "ink", 4, (), score, leads=True)]
    return printed_chart(rubric, series, points[0].at, reading.at)


def _reported(point: Point, at: datetime, known: Reported) -> dict[str, Fraction]:
    """The points of those categories of which anything was reported by then."""
    since = known.categories
    return {key: value for key, value in point.categories.items() if (start := since.get(key)) and start <= at}


def history(rubric: Rubric, reading: SystemReading) -> list[dict[str, Any]]:
    """The state at the ends of the last twelve months, or of weeks, and at the report's instant, newest first."""
    since = max(reading.points[0].at, reading.at - HISTORY)
    interval = Interval.WEEK if reading.at - since <= SHORT_HISTORY else Interval.MONTH
    rows = []
    for end in reversed(bucket_ends(since, reading.at, interval)):
        point = next(point for point in reversed(reading.points) if point.at <= end)
        rows.append({"day": day(end), "at": instant(end), **_state(rubric, point, end, reading)})
    return rows


def _state(rubric: Rubric, point: Point, at: datetime, reading: SystemReading) -> dict[str, Any]:
    """A point's numbers at an instant; dashes where another edition was in force, whose scale is another."""
    if point.rubric != rubric.key:
        return dict.fromkeys(("score", "claimed", "verified"), value_of(None, rubric))
    return {
        "score": value_of(point.score, rubric),
        "claimed": value_of(point.claimed, rubric, reported=reading.assessed_by(at)),
        "verified": value_of(point.verified, rubric, reported=reading.ran_by(at)),
    }
