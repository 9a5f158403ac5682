"""The vertical scale of a score chart: its top, its ticks, and the rubric's bands as faint zones behind the lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dashboards.figures.layout import plain_label
from rubric.definition import Aggregation, Rubric

LABEL_GAP = 15
"""Pixels from one line's label to the next, so that none overlap."""

_SMALLEST_ZONE = 13
"""A zone lower than this many pixels has no room for its name."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From `bottom` to `top` in units of the score, drawn `pixels` high."""

    bottom: float
    top: float
    pixels: int

    @property
    def unit(self) -> float:
        """Pixels for one unit."""
        return self.pixels / (self.top - self.bottom)


def shown_categories(rubric: Rubric, categories: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Category points on the scale of the final score: themselves, or shares in percent where that is of shares."""
    if rubric.aggregation is Aggregation.MINIMUM_OF_SUMS:
        return dict(categories)
    known = rubric.category_by_key
    return {key: 100 * value / rubric.category_maximum(key) for key, value in categories.items() if key in known}


def highest(rubric: Rubric) -> Fraction:
    """The highest value that a line of this rubric's chart can reach."""
    if rubric.aggregation is Aggregation.MINIMUM_OF_SHARES:
        return Fraction(100)
    return max(rubric.category_maximum(category.key) for category in rubric.categories)


def ticks(rubric: Rubric, top: Fraction) -> list[float]:
    """Ticks at 0, at the bands' edges, and at the highest value if it is the top; quarters of the top without bands."""
    if not rubric.bands:
        return [float(top * quarter / 4) for quarter in range(5)]
    edges = {Fraction(0), highest(rubric), *(band.edge for band in rubric.bands)}
    return [float(edge) for edge in sorted(edges) if edge <= top]


def zones(rubric: Rubric, top: Fraction) -> tuple[list[dict[str, Any]], list[tuple[float, float, str]]]:
    """The bands up to `top` as Plotly shapes, and (from, to, label) of each. Bands without height have none."""
    edges = [*(min(band.edge, top) for band in rubric.bands), top]
    found = [
        (float(low), float(high), band.label)
        for band, low, high in zip(rubric.bands, edges, edges[1:], strict=False)
        if high > low
    ]
    shapes = [
        {
            "type": "rect",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": low,
            "y1": high,
            "layer": "below",
            "line": {"width": 0},
            "fillcolor": "var(--zone-b)" if index % 2 else "var(--zone-a)",
        }
        for index, (low, high, _) in enumerate(found)
    ]
    return shapes, found


def zone_names(found: list[tuple[float, float, str]], scale: Scale) -> list[dict[str, Any]]:
    """The zones' names, left of the axis; none where its zone is too low for it."""
    return [
        {
            "name": "wide",
            "xref": "paper",
            "x": 0,
            "xanchor": "right",
            "xshift": -28,
            "y": (low + high) / 2,
            "yanchor": "middle",
            "text": plain_label(label),
            "showarrow": False,
            "font": {"size": 11, "color": "var(--ink-3)"},
        }
        for low, high, label in found
        if (high - low) * scale.unit >= _SMALLEST_ZONE
    ]


@dataclass(frozen=True, slots=True)
class LineLabel:
    """A line's name at its end, at the height of its last value."""

    text: str
    value: float
    leads: bool = False


def line_names(labels: list[LineLabel], scale: Scale) -> list[dict[str, Any]]:
    """The lines' names, right of the axis, moved apart by as little as keeps them legible."""
    ordered = sorted(labels, key=lambda label: (label.value, label.leads))
    places = spread([label.value * scale.unit for label in ordered], scale.bottom * scale.unit, scale.top * scale.unit)
    return [
        {
            "name": "wide",
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 8,
            "y": label.value,
            "yshift": round(place - label.value * scale.unit, 1),
            "yanchor": "middle",
            "text": plain_label(label.text),
            "showarrow": False,
            "font": {
                "size": 12,
                "color": "var(--ink)" if label.leads else "var(--ink-2)",
                "weight": 700 if label.leads else 400,
            },
        }
        for label, place in zip(ordered, places, strict=True)
    ]


def spread(wanted: list[float], low: float, high: float, gap: float = LABEL_GAP) -> list[float]:
    """Places for ascending wanted ones, at least `gap` apart, within [low, high] while they fit; groups that collide
    are centred on what they wanted."""
    groups: list[list[float]] = []
    for place in wanted:
        groups.append([place])
        while len(groups) > 1 and _start(groups[-1], low, high, gap) < _start(groups[-2], low, high, gap) + gap * len(
            groups[-2]
        ):
            groups[-2:] = [groups[-2] + groups[-1]]
    return [_start(group, low, high, gap) + gap * index for group in groups for index in range(len(group))]


def _start(group: list[float], low: float, high: float, gap: float) -> float:
    """The place of the first of a group that is set `gap` apart."""
    room = gap * (len(group) - 1)
    middle = sum(group) / len(group)
    return max(low, min(middle - room / 2, high - room))
