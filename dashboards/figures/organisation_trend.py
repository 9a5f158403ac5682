"""The chart of an organisation: the middle of its systems' scores, each category's mean, and the number of systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Any, NamedTuple

from dashboards.figures.buckets import Bucket
from dashboards.figures.chart import Chart, LineKey, Range, Row, Table, day, end_of_axis, instant, ranges, start_of_axis
from dashboards.figures.layout import TALL_PIXELS, base_layout, line, margin_for, plot_pixels
from dashboards.figures.palette import colour, colour_name, dash
from dashboards.figures.scale import (
    LineLabel,
    Scale,
    highest,
    line_names,
    shown_categories,
    ticks,
    zone_names,
    zones,
)
from dashboards.phrases import score as score_text
from rubric.definition import Aggregation, Rubric
from rubric.levels import Level
from rubric.once import Same

_STRIP = 0.13
"""The share of the height that the strip with the number of systems takes, below the scores."""

_PLOT_FROM = 0.2


class Going(NamedTuple):
    """The instants of a chart that go on with the time, as Plotly reads them: of its axis, last states and ranges."""

    start: str
    until: str
    last: str
    now: str
    ranges: Sequence[Range]

    @classmethod
    def of(cls, buckets: Sequence[Bucket], now: datetime) -> Going:
        """Those of ascending buckets, up to `now` (aware)."""
        first, last = buckets[0].at, buckets[-1].at
        return cls(
            instant(start_of_axis(first, now)),
            instant(end_of_axis(first, now)),
            instant(last),
            instant(max(now, last)),
            ranges(first, now),
        )


def organisation_trend(rubric: Rubric, buckets: Sequence[Bucket], now: datetime, going: Going | None = None) -> Chart:
    """The chart of ascending buckets (at least one) of systems scored by `rubric`, up to `now` (aware).

    `going` may be other texts in the place of its instants.
    """
    going = going or Going.of(buckets, now)
    return Chart(
        figure=_figure(rubric, buckets, going),
        lines=_line_keys(rubric),
        keys=(),
        ranges=tuple(going.ranges),
        summary=_summary(rubric, buckets, now),
        table=_table(rubric, buckets),
        tall=True,
    )


def _figure(rubric: Rubric, buckets: Sequence[Bucket], going: Going) -> dict[str, Any]:
    top = _top(rubric, buckets)
    scale = Scale(bottom=0.0, top=float(top), pixels=round(plot_pixels(TALL_PIXELS) * (1 - _PLOT_FROM)))
    layout = base_layout()
    layout["yaxis"] |= {"range": [0, scale.top], "tickvals": ticks(rubric, top), "domain": [_PLOT_FROM, 1]}
    layout["yaxis2"] = _systems_axis(buckets)
    layout["xaxis"]["anchor"] = "y2"
    shapes, found = zones(rubric, top)
    layout["shapes"] = shapes
    layout["annotations"] = [
        *zone_names(found, scale),
        *line_names(_labels(rubric, buckets[-1]), scale),
        _systems_name(buckets[-1].systems),
    ]
    layout["margin"] = margin_for(layout["annotations"])
    return {
        "from": going.start,
        "until": going.until,
        "data": _traces(rubric, buckets, going),
        "layout": layout,
    }


def _top(rubric: Rubric, buckets: Sequence[Bucket]) -> Fraction:
    """A little above all that is drawn, in halves of what one automated test earns; never above what can be reached."""
    limit = highest(rubric)
    if rubric.aggregation is Aggregation.MINIMUM_OF_SHARES:
        return limit
    # Fractions are compared only where their nearest floating numbers are the same.
    _, most = max([_most(Same(bucket)) for bucket in buckets])
    step = rubric.scale[Level.AUTOMATED] / 2
    return min(limit, step * (ceil(most / step) + 2))


@lru_cache(maxsize=2048)
def _most(same: Same[Bucket]) -> tuple[float, Fraction]:
    bucket = same.value
    most = max([*bucket.categories.values(), bucket.q3 or Fraction(0)])
    return float(most), most


def _systems_axis(buckets: Sequence[Bucket]) -> dict[str, Any]:
    most = max(bucket.systems for bucket in buckets)
    return {
        "domain": [0, _STRIP],
        "range": [0, max(1, most) * 1.15],
        "tickvals": [0, most] if most else [0],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }


def _systems_name(systems: int) -> dict[str, Any]:
    return {
        "name": "wide",
        "xref": "paper",
        "x": 1,
        "xanchor": "left",
        "xshift": 8,
        "yref": "y2",
        "y": systems,
        "yanchor": "middle",
        "text": f"{systems} system{'' if systems == 1 else 's'}",
        "showarrow": False,
        "font": {"size": 12, "color": "var(--ink-2)", "weight": 400},
    }


def _traces(rubric: Rubric, buckets: Sequence[Bucket], going: Going) -> list[dict[str, Any]]:
    drawn = [_drawn(rubric, Same(bucket)) for bucket in [*buckets, buckets[-1]]]
    x = [*(bucket.at for bucket in drawn[:-2]), going.last, going.now]
    lower = line("Lower quartile", x, [bucket.q1 for bucket in drawn], 2, color="var(--ribbon)", width=0)
    upper = line("Upper quartile", x, [bucket.q3 for bucket in drawn], 2, color="var(--ribbon)", width=0)
    means = [
        line(
            f"{category.title}, mean",
            x,
            [bucket.means.get(category.key) for bucket in drawn],
            2,
            color=colour(rubric, category.key),
            width=1.5,
            dash=dash(rubric, category.key),
        )
        for category in rubric.categories
    ]
    median = line("Median", x, [bucket.median for bucket in drawn], 2, color="var(--ink)", width=3)
    verified = [bucket.verified for bucket in drawn]
    systems = line("Systems", x, [bucket.systems for bucket in drawn], 0, color="var(--control)", width=1)
    return [
        lower,
        upper | {"fill": "tonexty", "fillcolor": "var(--ribbon)"},
        *means,
        median,
        line("Median, verified", x, verified, 2, color="var(--ink)", width=1.5, dash="1px,3px"),
        systems | {"yaxis": "y2", "fill": "tozeroy", "fillcolor": "var(--ribbon)"},
    ]


class _Drawn(NamedTuple):
    """A bucket as lines draw it."""

    at: str
    q1: float | None
    q3: float | None
    means: Mapping[str, float | None]
    median: float | None
    verified: float | None
    systems: int


# All but the last bucket are the same ones from one reading to the next.
@lru_cache(maxsize=2048)
def _drawn(rubric: Rubric, same: Same[Bucket]) -> _Drawn:
    bucket = same.value
    return _Drawn(
        at=instant(bucket.at),
        q1=_number(bucket.q1),
        q3=_number(bucket.q3),
        means={key: _number(value) for key, value in shown_categories(rubric, bucket.categories).items()},
        median=_number(bucket.median),
        verified=_number(bucket.verified_median),
        systems=bucket.systems,
    )


def _number(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), 6)


def _labels(rubric: Rubric, last: Bucket) -> list[LineLabel]:
    values = shown_categories(rubric, last.categories)
    labels = [
        LineLabel(f"{category.title} {score_text(values[category.key], rubric)}", float(values[category.key]))
        for category in rubric.categories
        if category.key in values
    ]
    if last.median is not None:
        labels.append(LineLabel(f"Median {score_text(last.median, rubric)}", float(last.median), leads=True))
    if last.verified_median is not None:
        labels.append(LineLabel(f"Verified {score_text(last.verified_median, rubric)}", float(last.verified_median)))
    return labels


def _line_keys(rubric: Rubric) -> tuple[LineKey, ...]:
    return (
        LineKey("Median score", "cat-ink", 3),
        LineKey("Median, verified", "cat-ink", 1.5, "1 3"),
        LineKey("Middle half of systems", "cat-ribbon", 8),
        *(
            LineKey(
                f"{category.title}, mean",
                f"cat-{colour_name(rubric, category.key)}",
                1.5,
                ""
                if (pattern := dash(rubric, category.key)) == "solid"
                else pattern.replace("px", "").replace(",", " "),
            )
            for category in rubric.categories
        ),
    )


def _summary(rubric: Rubric, buckets: Sequence[Bucket], now: datetime) -> str:
    known = [bucket for bucket in buckets if bucket.median is not None]
    if not known:
        return f"No system had a score from {day(buckets[0].at)} to {day(now)}."
    first, last = known[0].median or Fraction(0), known[-1].median or Fraction(0)
    moved = (
        f"stayed at {score_text(last, rubric)}"
        if first == last
        else f"{'rose' if last > first else 'fell'} from {score_text(first, rubric)} to {score_text(last, rubric)}"
    )
    lower, upper = known[-1].q1 or Fraction(0), known[-1].q3 or Fraction(0)
    return (
        f"Median score of all systems from {day(known[0].at)} to {day(now)}: it {moved}. The middle half of "
        f"{known[-1].systems} systems lies between {score_text(lower, rubric)} and {score_text(upper, rubric)}."
    )


def _table(rubric: Rubric, buckets: Sequence[Bucket]) -> Table:
    columns = ("Until", "Systems", "Median", "Verified median", "Mean", "Lower quartile", "Upper quartile")
    means = tuple(f"{category.title}, mean" for category in rubric.categories)
    limits = tuple(f"{category.title} limits" for category in rubric.categories)
    return Table(
        caption="All systems at the end of each period, newest first",
        columns=columns + means + limits,
        rows=tuple([_row(rubric, Same(bucket)) for bucket in reversed(buckets)]),
    )


def row_of(rubric: Rubric, bucket: Bucket) -> Row:
    """A bucket's row of the table."""
    return _row(rubric, Same(bucket))


@lru_cache(maxsize=2048)
def _row(rubric: Rubric, same: Same[Bucket]) -> Row:
    return Row(same.value.at, day(same.value.at), _cells(rubric, same.value))


def _cells(rubric: Rubric, bucket: Bucket) -> tuple[str, ...]:
    values = shown_categories(rubric, bucket.categories)
    middle = [bucket.median, bucket.verified_median, bucket.mean, bucket.q1, bucket.q3]
    numbers = [*middle, *(values.get(category.key) for category in rubric.categories)]
    return (
        str(bucket.systems),
        *("–" if value is None else score_text(value, rubric) for value in numbers),
        *(str(bucket.limiting.get(category.key, 0)) for category in rubric.categories),
    )
