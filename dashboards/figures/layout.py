"""The layout that all charts share: quiet axes, one hover box, no tools. Colours are tokens that charts.js resolves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MARGIN = {"t": 8, "b": 26, "pad": 0}
_CHARACTER = 6.3
"""Pixels that a character of a name is wide, rather more than less."""

CHART_PIXELS = 320
"""The height of `.chart` in static/css/charts.css."""

TALL_PIXELS = 368
"""The height of `.chart.tall`."""


def plot_pixels(chart_pixels: int) -> int:
    """The height that is left between the margins."""
    return chart_pixels - MARGIN["t"] - MARGIN["b"]


def line(name: str, x: list[str], y: list[float | None], decimals: int, **style: Any) -> dict[str, Any]:
    """A step line that hovering reads with so many decimals. `style` is Plotly's line style: color, width, dash."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "line": {"shape": "hv", **style},
        "hovertemplate": f"%{{y:.{decimals}f}}",
    }


def dotted(trace: dict[str, Any]) -> dict[str, Any]:
    """The same line with a dot at each instant."""
    return trace | {"mode": "lines+markers", "marker": {"size": 6, "color": trace["line"]["color"]}}


def margin_for(annotations: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The margins that leave room for the names of zones at the left and of lines at the right."""
    left = max((len(each["text"]) for each in annotations if each["xanchor"] == "right"), default=0)
    right = max((len(each["text"]) for each in annotations if each["xanchor"] == "left"), default=0)
    return MARGIN | {"l": 36 + round(left * _CHARACTER), "r": 16 + round(right * _CHARACTER)}


def plain_label(text: str) -> str:
    """Text as Plotly shows it literally: it would read tags and entities, and style them inline."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def base_layout() -> dict[str, Any]:
    """A fresh layout with both axes; it still lacks margins, and the y axis range and ticks."""
    return {
        "template": "none",
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x unified",
        "hoverdistance": -1,
        "hoverlabel": {
            "bgcolor": "var(--raised)",
            "bordercolor": "var(--line-2)",
            "font": {"color": "var(--ink)", "size": 12},
        },
        "font": {"size": 12, "color": "var(--ink-3)"},
        "xaxis": _time_axis(),
        "yaxis": {"gridcolor": "var(--grid)", "gridwidth": 1, "zeroline": False, "fixedrange": True},
        "shapes": [],
        "annotations": [],
    }


def _time_axis() -> dict[str, Any]:
    return {
        "type": "date",
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "tickformatstops": [
            {"dtickrange": [None, 86_399_999], "value": "%H:%M\n%-d %b"},
            {"dtickrange": [86_400_000, "M1"], "value": "%-d %b"},
            {"dtickrange": ["M1", None], "value": "%b %y"},
        ],
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": "var(--line-2)",
        "linecolor": "var(--line-2)",
        "showline": True,
        "hoverformat": "%-d %b %Y, %H:%M UTC",
        "showspikes": True,
        "spikemode": "across",
        "spikethickness": -2,
        "spikedash": "solid",
        "spikecolor": "var(--control)",
    }
