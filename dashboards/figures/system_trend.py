"""The chart of one system: its score, its verified score and its categories over time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from dashboards.figures.chart import (
    Chart,
    LineKey,
    SignKey,
    day,
    end_of_axis,
    instant,
    ranges,
    start_of_axis,
)
from dashboards.figures.layout import (
    CHART_PIXELS,
    base_layout,
    dotted,
    line,
    margin_for,
    plain_label,
    plot_pixels,
)
from dashboards.figures.marks import Mark, mark_keys, mark_traces
from dashboards.figures.palette import colour, colour_name, dash
from dashboards.figures.scale import LineLabel, Scale, highest, line_names, shown_categories, ticks, zone_names, zones
from dashboards.figures.system_words import (
    NOT_REPORTED,
    VERIFIED,
    Silence,
    drawn,
    is_silent,
    silence_of,
    silent_instants,
    summary_of,
    table_of,
    told_of_silence,
)
from dashboards.phrases import score as score_text
from rubric.definition import Rubric
from rubric.moment import Moment
from rubric.once import Same
from rubric.reported import Reported
from rubric.timeline import Point

_SILENT, _LANE, _BOTTOM = -0.02, -0.05, -0.09
"""Where the line of what is not reported and the marks stand, and where the axis ends: below 0, as shares of the top."""

DOTTED = timedelta(days=1)
"""A history shorter than this is too short for a line to be seen."""


def system_trend(
    rubric: Rubric,
    points: Sequence[Point],
    marks: Sequence[Mark],
    now: datetime,
    *,
    at: datetime | None = None,
    reported: Reported | None = None,
) -> Chart:
    """The chart of a system's history up to `now` (aware), with a line across it at `at` where that is given.

    `points` ascend and hold at least one, as `rubric.timeline.timeline` makes them. Lines show the times when `rubric`
    was in force, as scores of another edition are on another scale; the table has them all. Marks before the first
    point are left out. What `reported` says was not reported yet is no line at 0 but a gap, with a dotted line below.
    """
    shown = tuple([Marked(mark.at, mark.kind, mark.text) for mark in marks if points[0].at <= mark.at <= now])
    silence = silence_of(rubric, reported)
    decisive = [
        points[-1].at,
        points[0].at + DOTTED,
        *(mark.at for mark in shown),
        *filter(None, [at, *silence.values()]),
    ]
    moment = Moment.among(now, now, (sorted(decisive), (timedelta(0),)))
    settled = _settled(rubric, Same(points), shown, tuple(silence.items()), at, moment, day(now))
    return replace(settled, figure=_until(settled.figure, points[0].at, now), ranges=ranges(points[0].at, now, at))


class Marked(NamedTuple):
    """What is drawn of a mark."""

    at: datetime
    kind: str
    text: str


@lru_cache(maxsize=64)
def _settled(
    rubric: Rubric,
    same: Same[Sequence[Point]],
    marks: tuple[Marked, ...],
    silent: tuple[tuple[str, datetime | None], ...],
    at: datetime | None,
    moment: Moment,
    today: str,
) -> Chart:
    """The chart at an instant like `moment`, on the day that is `today` in words: only where it ends differs between two."""
    points, now, silence = same.value, moment.at, dict(silent)
    is_late = any(since is None or since > points[0].at for since in silence.values())
    return Chart(
        figure=_figure(rubric, points, marks, now, at, silence),
        lines=_line_keys(rubric),
        keys=(*mark_keys(marks), *([SignKey(NOT_REPORTED, "┄")] if is_late else [])),
        ranges=(),
        summary=summary_of(rubric, points, marks, now) + told_of_silence(silence, points[0].at),
        table=table_of(rubric, points, silence),
    )


def _until(figure: Mapping[str, Any], start: datetime, now: datetime) -> dict[str, Any]:
    """The same figure up to `now`, where all lines end; they share their instants."""
    x = [*figure["data"][0]["x"][:-1], instant(now)]
    ended = [trace if trace["mode"] == "markers" else trace | {"x": x} for trace in figure["data"]]
    span = {"from": instant(start_of_axis(start, now)), "until": instant(end_of_axis(start, now))}
    return {**span, **figure, "data": ended}


def _figure(
    rubric: Rubric,
    points: Sequence[Point],
    marks: Sequence[Mark],
    now: datetime,
    at: datetime | None,
    silence: Silence,
) -> dict[str, Any]:
    frame = _frame(rubric)
    top, scale = frame.top, frame.scale
    layout = base_layout()
    layout["yaxis"] |= frame.axis
    layout["shapes"] = [*frame.shapes]
    layout["annotations"] = [*frame.names, *line_names(_labels(rubric, points[-1], now, silence), scale)]
    layout["margin"] = margin_for(layout["annotations"])
    if at is not None:
        layout["shapes"].append(_cursor(at))
    instants = sorted({*(point.at for point in points), *(mark.at for mark in marks), *([at] if at else []), now})
    lines = _lines(rubric, points, instants, silence)
    data = lines + _silent_line(instants, silence, float(top) * _SILENT) + mark_traces(marks, float(top) * _LANE)
    return {"data": data, "layout": layout}


class Frame(NamedTuple):
    """What of a figure the rubric alone decides: its highest value, its scale and axis, and the bands with their names."""

    top: Fraction
    scale: Scale
    axis: Mapping[str, Any]
    shapes: Sequence[dict[str, Any]]
    names: Sequence[dict[str, Any]]


@lru_cache
def _frame(rubric: Rubric) -> Frame:
    top = highest(rubric)
    scale = Scale(bottom=float(top) * _BOTTOM, top=float(top), pixels=plot_pixels(CHART_PIXELS))
    shapes, found = zones(rubric, top)
    axis = {"range": [scale.bottom, scale.top], "tickvals": ticks(rubric, top)}
    return Frame(top, scale, axis, shapes, zone_names(found, scale))


def _cursor(at: datetime) -> dict[str, Any]:
    """A line across the chart at the instant that the page shows."""
    x = instant(at)
    style = {"color": "var(--accent)", "width": 2, "dash": "4px,3px"}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": style}


def _silent_line(instants: Sequence[datetime], silence: Silence, height: float) -> list[dict[str, Any]]:
    """A dotted line below 0 for as long as something is not reported, which hovering names; none where all is."""
    silent = [(name, silent_instants(since, instants)) for name, since in silence.items()]
    if not any(count for _, count in silent):
        return []
    names = [", ".join([name for name, count in silent if place < count]) for place in range(len(instants))]
    style = {"color": "var(--ink-3)", "width": 2, "dash": "2px,3px"}
    heights = [height if each else None for each in names]
    drawn = line(NOT_REPORTED.capitalize(), [instant(at) for at in instants], heights, 1, **style)
    return [drawn | {"text": [plain_label(each) for each in names], "hovertemplate": "%{text}"}]


def _lines(
    rubric: Rubric, points: Sequence[Point], instants: Sequence[datetime], silence: Silence
) -> list[dict[str, Any]]:
    """All lines share their instants, those of marks included: hovering anywhere reads them all."""
    x = [instant(at) for at in instants]
    states = [drawn(rubric, point) for point in _states(points, instants)]

    def told(place: int, name: str) -> list[float | None]:
        """The numbers of a line, with a gap for as long as it is not reported."""
        silent = silent_instants(silence.get(name, instants[0]), instants)
        return [None] * silent + [each.numbers[place] for each in states[silent:]]

    categories = [
        line(
            category.title,
            x,
            told(place, category.title),
            1,
            color=colour(rubric, category.key),
            width=2,
            dash=dash(rubric, category.key),
        )
        for place, category in enumerate(rubric.categories, start=2)
    ]
    lines = [
        line("Score", x, told(0, "Score"), 1, color="var(--ink)", width=5, dash="solid"),
        *categories,
        line("Verified score", x, told(1, VERIFIED), 1, color="var(--ink)", width=1.5, dash="1px,3px"),
    ]
    return lines if instants[-1] - points[0].at >= DOTTED else [dotted(each) for each in lines]


def _states(points: Sequence[Point], instants: Sequence[datetime]) -> list[Point]:
    """The point in force at each instant; none of them lies before the first point."""
    starts = [point.at for point in points]
    return [points[bisect_right(starts, at) - 1] for at in instants]


def _labels(rubric: Rubric, last: Point, now: datetime, silence: Silence) -> list[LineLabel]:
    if last.rubric != rubric.key:
        return []
    values = shown_categories(rubric, last.categories)

    def named(name: str, value: Fraction) -> LineLabel:
        says = NOT_REPORTED if is_silent(silence, name, now) else score_text(value, rubric)
        return LineLabel(f"{name} {says}", float(value))

    return [
        *(named(category.title, values[category.key]) for category in rubric.categories),
        named(VERIFIED, last.verified),
        LineLabel(f"Score {score_text(last.score, rubric)}", float(last.score), leads=True),
    ]


@lru_cache
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
