"""The chart of one system: its score, its verified score and its categories over time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

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
from dashboards.figures.layout import CHART_PIXELS, base_layout, dotted, line, margin_for, plot_pixels
from dashboards.figures.marks import Mark, mark_keys, mark_traces
from dashboards.figures.palette import colour, colour_name, dash
from dashboards.figures.scale import LineLabel, Scale, highest, line_names, shown_categories, ticks, zone_names, zones
from dashboards.phrases import score as score_text
from rubric.definition import Rubric
from rubric.timeline import Point

_LANE, _BOTTOM = -0.04, -0.08
"""Where marks stand, and where the axis ends: below 0, as shares of the top."""

DOTTED = timedelta(days=1)
"""A history shorter than this is too short for a line to be seen."""


def system_trend(rubric: Rubric, points: Sequence[Point], marks: Sequence[Mark], now: datetime) -> Chart:
    """The chart of a system's history up to `now` (aware).

    `points` ascend and hold at least one, as `rubric.timeline.timeline` makes them. Lines show the times when `rubric`
    was in force, as scores of another edition are on another scale; the table has them all. Marks before the first
    point are left out.
    """
    shown = [mark for mark in marks if points[0].at <= mark.at <= now]
    return Chart(
        figure=_figure(rubric, points, shown, now),
        lines=_line_keys(rubric),
        keys=mark_keys(shown),
        ranges=ranges(points[0].at, now),
        summary=_summary(rubric, points, shown, now),
        table=_table(rubric, points),
    )


def _figure(rubric: Rubric, points: Sequence[Point], marks: Sequence[Mark], now: datetime) -> dict[str, Any]:
    top = highest(rubric)
    scale = Scale(bottom=float(top) * _BOTTOM, top=float(top), pixels=plot_pixels(CHART_PIXELS))
    layout = base_layout()
    layout["yaxis"] |= {"range": [scale.bottom, scale.top], "tickvals": ticks(rubric, top)}
    layout["shapes"], found = zones(rubric, top)
    layout["annotations"] = zone_names(found, scale) + line_names(_labels(rubric, points[-1]), scale)
    layout["margin"] = margin_for(layout["annotations"])
    return {
        "from": instant(start_of_axis(points[0].at, now)),
        "until": instant(end_of_axis(points[0].at, now)),
        "data": _lines(rubric, points, marks, now) + mark_traces(marks, float(top) * _LANE),
        "layout": layout,
    }


def _lines(rubric: Rubric, points: Sequence[Point], marks: Sequence[Mark], now: datetime) -> list[dict[str, Any]]:
    """All lines share their instants, those of marks included: hovering anywhere reads them all."""
    instants = sorted({*(point.at for point in points), *(mark.at for mark in marks), now})
    x = [instant(at) for at in instants]
    states = [point if point.rubric == rubric.key else None for point in _states(points, instants)]
    by_category = [shown_categories(rubric, state.categories) if state else {} for state in states]
    categories = [
        line(
            category.title,
            x,
            [_number(values.get(category.key)) for values in by_category],
            1,
            color=colour(rubric, category.key),
            width=2,
            dash=dash(rubric, category.key),
        )
        for category in rubric.categories
    ]
    score = [_number(state.score if state else None) for state in states]
    verified = [_number(state.verified if state else None) for state in states]
    lines = [
        line("Score", x, score, 1, color="var(--ink)", width=5, dash="solid"),
        *categories,
        line("Verified score", x, verified, 1, color="var(--ink)", width=1.5, dash="1px,3px"),
    ]
    return lines if now - points[0].at >= DOTTED else [dotted(each) for each in lines]


def _states(points: Sequence[Point], instants: Sequence[datetime]) -> list[Point]:
    """The point in force at each instant; none of them lies before the first point."""
    starts = [point.at for point in points]
    return [points[bisect_right(starts, at) - 1] for at in instants]


def _number(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), 6)


def _labels(rubric: Rubric, last: Point) -> list[LineLabel]:
    if last.rubric != rubric.key:
        return []
    values = shown_categories(rubric, last.categories)
    return [
        *(
            LineLabel(f"{category.title} {score_text(values[category.key], rubric)}", float(values[category.key]))
            for category in rubric.categories
        ),
        LineLabel(f"Verified {score_text(last.verified, rubric)}", float(last.verified)),
        LineLabel(f"Score {score_text(last.score, rubric)}", float(last.score), leads=True),
    ]


def _line_keys(rubric: Rubric) -> tuple[LineKey, ...]:
    return (
        LineKey("Score", "cat-ink", 4),
        *(
            LineKey(
                category.title, f"cat-{colour_name(rubric, category.key)}", 2, _svg_dash(dash(rubric, category.key))
            )
            for category in rubric.categories
        ),
        LineKey("Verified", "cat-ink", 1.5, "1 3"),
    )


def _svg_dash(plotly_dash: str) -> str:
    return "" if plotly_dash == "solid" else plotly_dash.replace("px", "").replace(",", " ")


def _summary(rubric: Rubric, points: Sequence[Point], marks: Sequence[Mark], now: datetime) -> str:
    own = [point for point in points if point.rubric == rubric.key] or [points[-1]]
    first, last = own[0], own[-1]
    moved = (
        f"stayed at {score_text(last.score, rubric)}"
        if first.score == last.score
        else f"{'rose' if last.score > first.score else 'fell'} from {score_text(first.score, rubric)} to "
        f"{score_text(last.score, rubric)}"
    )
    peak = max(point.verified for point in own)
    verified = f"the verified score is {score_text(last.verified, rubric)}"
    if peak > last.verified:
        verified += f", down from {score_text(peak, rubric)}"
    lapses = sum(mark.kind == "lapse" for mark in marks)
    lapsed = f" Evidence lapsed {lapses} time{'' if lapses == 1 else 's'}." if lapses else ""
    return (
        f"Step lines of the score and its {len(rubric.categories)} categories from {day(first.at)} to {day(now)}. "
        f"The score {moved}; {verified}.{lapsed}"
    )


def _table(rubric: Rubric, points: Sequence[Point]) -> Table:
    several = len({point.rubric for point in points}) > 1
    columns = ["From", "Score", "Verified", *(category.title for category in rubric.categories)]
    rows = []
    for index in last_of_each_day([point.at for point in points]):
        point = points[index]
        cells = _cells(rubric, point)
        rows.append(Row(point.at, day(point.at), (*cells, point.rubric) if several else cells))
    return Table(
        caption="The state at the end of each day on which something changed, newest first",
        columns=(*columns, "Rubric") if several else tuple(columns),
        rows=tuple(rows),
    )


def _cells(rubric: Rubric, point: Point) -> tuple[str, ...]:
    own = point.rubric == rubric.key
    values = shown_categories(rubric, point.categories) if own else {}
    texts = [point.score, point.verified, *(values.get(category.key) for category in rubric.categories)]
    return tuple("–" if value is None else score_text(value, rubric) for value in texts)
