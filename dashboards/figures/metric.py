"""The chart of one metric: a line for each check that reports it, with a cross where the check did not pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboards.figures.chart import Chart, LineKey, Row, SignKey, Table, day, end_of_axis, instant, start_of_axis
from dashboards.figures.layout import MARGIN, base_layout, plain_label
from dashboards.figures.palette import DASHES, TOKENS
from dashboards.figures.system_words import NOT_REPORTED

MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What a run of a check said: when (aware), its status, and the metric's value; None where it did not report it."""

    at: datetime
    run: str
    status: str
    value: float | None

    @property
    def passed(self) -> bool:
        return self.status == "passed"


@dataclass(frozen=True, slots=True)
class Series:
    """What one check reported of the metric, ascending in time; at least one value is there."""

    check: str
    readings: Sequence[Reading]


def metric_chart(name: str, series: Sequence[Series], at: datetime) -> Chart:
    """The metric's values up to `at` (aware); the table has all checks, the figure the first MOST_LINES."""
    drawn = series[:MOST_LINES]
    start = min(reading.at for each in series for reading in each.readings)
    layout = base_layout()
    layout["margin"] = MARGIN | {"l": 52, "r": 16}
    failing = any(not reading.passed and reading.value is not None for each in drawn for reading in each.readings)
    return Chart(
        figure={
            "from": instant(start_of_axis(start, at)),
            "until": instant(end_of_axis(start, at)),
            "data": [_line(each, index) for index, each in enumerate(drawn)],
            "layout": layout,
        },
        lines=tuple(_key(each, index) for index, each in enumerate(drawn)) if len(series) > 1 else (),
        keys=(SignKey("did not pass", "✕", "is-fail"),) if failing else (),
        ranges=(),
        summary=" ".join(_told(name, each) for each in drawn),
        table=_table(name, series),
    )


def written(value: float | None) -> str:
    """A metric's value in words."""
    return NOT_REPORTED if value is None else f"{float(value):.6g}"


def _colour(index: int) -> str:
    return "ink" if index == 0 else TOKENS[(index - 1) % len(TOKENS)]


def _line(series: Series, index: int) -> dict[str, Any]:
    token = "var(--ink)" if index == 0 else f"var(--cat-{_colour(index)})"
    readings = series.readings
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": plain_label(series.check),
        "x": [instant(reading.at) for reading in readings],
        "y": [reading.value for reading in readings],
        "line": {"color": token, "width": 2, "dash": DASHES[index % len(DASHES)]},
        "marker": {
            "size": [5 if reading.passed else 9 for reading in readings],
            "symbol": ["circle" if reading.passed else "x" for reading in readings],
            "color": [token if reading.passed else "var(--fail)" for reading in readings],
        },
        "hovertemplate": "%{y:.6~g}",
        "cliponaxis": False,
    }


def _key(series: Series, index: int) -> LineKey:
    dashes = DASHES[index % len(DASHES)]
    drawn = "" if dashes == "solid" else dashes.replace("px", "").replace(",", " ")
    return LineKey(series.check, f"cat-{_colour(index)}", 2, drawn)


def _told(name: str, series: Series) -> str:
    values = [reading.value for reading in series.readings if reading.value is not None]
    first, last = series.readings[0], series.readings[-1]
    return (
        f"{name} of {series.check} from {day(first.at)} to {day(last.at)}: between {written(min(values))} and"
        f" {written(max(values))}, at last {written(values[-1])}."
    )


def _table(name: str, series: Sequence[Series]) -> Table:
    several = len(series) > 1
    rows = sorted(
        ((reading, each.check) for each in series for reading in each.readings),
        key=lambda row: row[0].at,
        reverse=True,
    )
    return Table(
        caption=f"{name} of each run, newest first",
        columns=("Observed", "Value", "Run", "Status", *(["Check"] if several else [])),
        rows=tuple(
            Row(
                reading.at,
                day(reading.at),
                (written(reading.value), reading.run, reading.status, *([check] if several else [])),
            )
            for reading, check in rows
        ),
    )
