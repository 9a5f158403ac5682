"""A chart as plain geometry, for reports: pages draw it as SVG, the typesetter on paper. Nothing of it needs a script.

Places are whole numbers from 0 to SIDE, x from the left and y from the top, whatever size it is drawn at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from dashboards.figures.chart import day, end_of_axis, start_of_axis
from dashboards.figures.palette import colour_name, dash
from dashboards.figures.scale import highest, shown_categories, spread, ticks, zones
from dashboards.phrases import score as score_text
from rubric.definition import Rubric

SIDE = 1000
CELLS = 600
"""Of several steps within one of so many stretches of time only the last can be seen."""

_LABEL_GAP = SIDE * 15 / 260
"""From one line's name to the next, in a chart about 260 pixels high."""

_MOST_TICKS = 8
_DAYS = (1, 2, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60)
_MONTH_DAYS = 30.4


@dataclass(frozen=True, slots=True)
class Series:
    """One step line: a value holds from its instant on, None where there is nothing to draw.

    `colour` is the name of a category's colour, or `ink`; `dashes` are lengths in pixels, empty for a solid line.
    """

    name: str
    colour: str
    width: float
    dashes: tuple[float, ...]
    values: Sequence[tuple[datetime, Fraction | None]]
    leads: bool = False


def category_series(rubric: Rubric, states: Sequence[tuple[datetime, dict[str, Fraction] | None]]) -> list[Series]:
    """A line for each category from its points at these instants, on the scale of the final score."""
    shown = [(at, None if points is None else shown_categories(rubric, points)) for at, points in states]
    return [
        Series(
            category.title,
            colour_name(rubric, category.key),
            2,
            _dashes(dash(rubric, category.key)),
            [(at, None if points is None else points.get(category.key)) for at, points in shown],
        )
        for category in rubric.categories
    ]


def _dashes(written: str) -> tuple[float, ...]:
    return () if written == "solid" else tuple(float(part.removesuffix("px")) for part in written.split(","))


def printed_chart(rubric: Rubric, series: Sequence[Series], since: datetime, at: datetime) -> dict[str, Any]:
    """The chart of these lines from `since` to `at` (aware), as JSON values. At least one line has a value."""
    start, end, top = start_of_axis(since, at), end_of_axis(since, at), highest(rubric)
    drawn = [(each, _parts(each.values, start, end, at, top)) for each in series]
    return {
        "from": day(since),
        "until": day(at),
        "x": _time_ticks(start, end),
        "y": [{"place": _y(Fraction(value), top), "text": f"{value:g}"} for value in ticks(rubric, top)],
        "zones": [[_y(Fraction(high), top), _y(Fraction(low), top)] for low, high, _ in zones(rubric, top)[1]],
        "lines": _named(rubric, [(each, parts) for each, parts in drawn if parts]),
    }


def _parts(
    values: Sequence[tuple[datetime, Fraction | None]], start: datetime, end: datetime, until: datetime, top: Fraction
) -> list[list[list[int]]]:
    """The corners of a step line, a list for each stretch without a gap."""
    cell = (end - start) / CELLS
    kept = list({(at - start) // cell: (at, value) for at, value in values}.values())
    if values and kept[0] != values[0]:
        kept.insert(0, values[0])
    parts: list[list[list[int]]] = []
    open_part = False
    for (at, value), following in zip(kept, [*(at for at, _ in kept[1:]), until], strict=True):
        if value is None:
            open_part = False
            continue
        y = _y(value, top)
        if not open_part:
            parts.append([])
            open_part = True
        corners = [[_x(at, start, end), y], [_x(following, start, end), y]]
        parts[-1] += corners[1:] if parts[-1] and parts[-1][-1] == corners[0] else corners
    return parts


def _x(at: datetime, start: datetime, end: datetime) -> int:
    return round(SIDE * max(0.0, (at - start) / (end - start)))


def _y(value: Fraction, top: Fraction) -> int:
    return round(SIDE * (1 - value / top))


def _named(rubric: Rubric, drawn: Sequence[tuple[Series, list[list[list[int]]]]]) -> list[dict[str, Any]]:
    """The lines with their names at their ends, moved apart by as little as keeps them legible; the leading one last."""
    ordered = sorted(drawn, key=lambda pair: (pair[1][-1][-1][1], not pair[0].leads))
    places = spread([float(parts[-1][-1][1]) for _, parts in ordered], 0, SIDE, _LABEL_GAP)
    place_of = {each.name: round(place) for (each, _), place in zip(ordered, places, strict=True)}
    return [
        {
            "name": each.name,
            "label": f"{each.name} {_last(rubric, each)}".strip(),
            "colour": each.colour,
            "width": each.width,
            "dashes": list(each.dashes),
            "leads": each.leads,
            "parts": parts,
            "place": place_of[each.name],
        }
        for each, parts in sorted(drawn, key=lambda pair: pair[0].leads)
    ]


def _last(rubric: Rubric, series: Series) -> str:
    value = series.values[-1][1]
    return "" if value is None else score_text(value, rubric)


def _time_ticks(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Days or firsts of months, at most about eight of them."""
    days = (end - start) / timedelta(days=1)
    step = next((step for step in _DAYS if days / step <= _MOST_TICKS), None)
    if step is not None:
        first = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        count = int((end - first) / timedelta(days=step)) + 1
        found = [first + index * timedelta(days=step) for index in range(count)]
        return [{"place": _x(at, start, end), "text": f"{at.day} {at:%b}"} for at in found]
    step = next((step for step in _MONTHS if days / _MONTH_DAYS / step <= _MOST_TICKS), _MONTHS[-1])
    found = _firsts_of_months(start, end, step)
    return [{"place": _x(at, start, end), "text": f"{at:%b %Y}"} for at in found]


def _firsts_of_months(start: datetime, end: datetime, step: int) -> list[datetime]:
    first = start.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    last = end.astimezone(UTC)
    found = []
    for month in range(first.year * 12 + first.month, last.year * 12 + last.month):
        at = first.replace(year=month // 12, month=month % 12 + 1)
        if month % step == 0 and start < at <= end:
            found.append(at)
    return found
