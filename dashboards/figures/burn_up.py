"""The chart of an initiative: the points resolved upon, and the points that are done, over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any, Protocol

from dashboards.figures.chart import (
    Chart,
    LineKey,
    Row,
    Table,
    day,
    end_of_axis,
    instant,
    last_of_each_day,
    ranges,
    start_of_axis,
)
from dashboards.figures.layout import CHART_PIXELS, base_layout, line, margin_for, plot_pixels
from dashboards.figures.scale import LineLabel, Scale, line_names
from dashboards.phrases import points as points_text

_ROOM = 1.1
"""How much higher the axis is than the highest line."""


class BurnPoint(Protocol):
    """What the chart reads of a point: the points planned and done from an instant (aware) on."""

    @property
    def at(self) -> datetime: ...
    @property
    def planned(self) -> Fraction: ...
    @property
    def done(self) -> Fraction: ...


def burn_up(points: Sequence[BurnPoint], now: datetime) -> Chart:
    """The chart of ascending points, at least one, up to `now` (aware)."""
    last = points[-1]
    return Chart(
        figure=_figure(points, now),
        lines=(LineKey("Planned", "cat-ink", 1.5, "1 3"), LineKey("Done", "cat-ink", 3)),
        keys=(),
        ranges=ranges(points[0].at, now),
        summary=f"{points_text(last.done)} of {points_text(last.planned)} points are done.",
        table=_table(points),
    )


def _figure(points: Sequence[BurnPoint], now: datetime) -> dict[str, Any]:
    last = points[-1]
    top = max(1.0, float(max(max(point.planned, point.done) for point in points)) * _ROOM)
    scale = Scale(bottom=0.0, top=top, pixels=plot_pixels(CHART_PIXELS))
    layout = base_layout()
    layout["yaxis"] |= {"range": [0, top], "nticks": 6}
    labels = [
        LineLabel(f"Planned {points_text(last.planned)}", float(last.planned)),
        LineLabel(f"Done {points_text(last.done)}", float(last.done), leads=True),
    ]
    layout["annotations"] = line_names(labels, scale)
    layout["margin"] = margin_for(layout["annotations"])
    x = [*(instant(point.at) for point in points), instant(now)]
    drawn = [*points, last]
    return {
        "from": instant(start_of_axis(points[0].at, now)),
        "until": instant(end_of_axis(points[0].at, now)),
        "data": [
            line(
                "Planned",
                x,
                [float(point.planned) for point in drawn],
                1,
                color="var(--ink-3)",
                width=1.5,
                dash="1px,3px",
            ),
            line("Done", x, [float(point.done) for point in drawn], 1, color="var(--ink)", width=3),
        ],
        "layout": layout,
    }


def _table(points: Sequence[BurnPoint]) -> Table:
    rows = [points[index] for index in last_of_each_day([point.at for point in points])]
    return Table(
        caption="Points planned and done, at the end of each day on which they changed",
        columns=("Day", "Planned", "Done"),
        rows=tuple(Row(row.at, day(row.at), (points_text(row.planned), points_text(row.done))) for row in rows),
    )
