"""The chart that other sites embed: a year of a system's score, as plain values for its SVG. No queries, no clock.

The picture is a document of its own, without a script: its one style sheet stands in the policy it is sent with, by its hash.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Any

from dashboards.badge.face import LABEL, NOT_XML, Face, width
from dashboards.figures.printed import SIDE, Series, printed_chart
from dashboards.phrases import score as score_text
from rubric.definition import Rubric
from rubric.timeline import Point

SHOWN = timedelta(days=365)
"""How far back it reaches."""

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 40, 112, 56, 32
"""Its size, and what the plot leaves free around itself, in pixels."""

PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
LONGEST_NAME = 420

# The tokens of static/css/tokens.css that it needs: a picture on another site loads no sheet of ours.
STYLE = (
    "svg{--paper:#fdfdfc;--ink:#17191d;--quiet:#666b74;--grid:#e6e6e3;--zone:#f6f6f4;background:var(--paper);"
    "font:11px Verdana,DejaVu Sans,Geneva,sans-serif}"
    "text{fill:var(--quiet)}.name{fill:var(--ink);font-size:15px;font-weight:bold}.says{fill:var(--ink);font-size:12px}"
    ".paper{fill:var(--paper)}.zone{fill:var(--zone)}.grid{stroke:var(--grid)}"
    "polyline{fill:none;stroke:var(--ink);stroke-linejoin:round}.leads{fill:var(--ink);font-weight:bold}"
    "@media(prefers-color-scheme:dark){svg{--paper:#121315;--ink:#eceded;--quiet:#9398a1;--grid:#2b2e33;--zone:#17191b}}"
)
_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors *; sandbox"
"""Any site may frame it; it loads and runs nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """One step line with the label at its end."""

    parts: Sequence[str]
    dashes: str
    width: float
    label: str
    leads: bool
    y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole picture. `title` and `description` are what a screen reader says; ticks and zones are in pixels."""

    title: str
    description: str
    name: str
    says: str
    zones: Sequence[tuple[float, float]]
    y: Sequence[tuple[float, str]]
    x: Sequence[tuple[float, str]]
    lines: Sequence[Line]


def drawing(
    system: str, face: Face, rubric: Rubric | None, points: Sequence[Point], ran_since: datetime | None, at: datetime
) -> Drawing:
    """The picture of the system of this name until `at`.

    `points` are its steps since a year before, none without facts; `ran_since` is when its first result was observed:
    until then nothing could be verified, which is drawn apart from 0.
    """
    name = NOT_XML.sub("", system)
    own = [(point.at, point if rubric and point.rubric == rubric.key else None) for point in points]
    if rubric is None or not own:
        return Drawing(f"{LABEL} of {name}", "Nothing was recorded yet.", _cut(name), face.message, (), (), (), ())
    series = [
        Series("Verified", "ink", 1.5, (2, 3), _verified(own, ran_since, at)),
        Series("Score", "ink", 3, (), [(when, point.score if point else None) for when, point in own], leads=True),
    ]
    chart = printed_chart(rubric, series, points[0].at, at)
    return Drawing(
        title=f"{LABEL} of {name} since {chart['from']}",
        description=_description(rubric, points, chart, face),
        name=_cut(name),
        says=face.message,
        zones=[(_y(top), round((low - top) * PLOT_HEIGHT / SIDE, 1)) for top, low in chart["zones"][::2]],
        y=[(_y(tick["place"]), tick["text"]) for tick in chart["y"]],
        x=[(_x(tick["place"]), tick["text"]) for tick in chart["x"] if tick["place"] < SIDE * 0.97],
        lines=[_line(line) for line in chart["lines"]],
    )


def _verified(
    own: Sequence[tuple[datetime, Point | None]], ran_since: datetime | None, at: datetime
) -> list[tuple[datetime, Fraction | None]]:
    """The verified score from when something ran; None before."""
    states = dict(own)
    if ran_since is not None and own[0][0] < ran_since <= at:
        states.setdefault(ran_since, next(point for when, point in reversed(own) if when < ran_since))
    return [
        (when, point.verified if point and ran_since is not None and ran_since <= when else None)
        for when, point in sorted(states.items(), key=lambda state: state[0])
    ]


def _description(rubric: Rubric, points: Sequence[Point], chart: dict[str, Any], face: Face) -> str:
    """The chart in words."""
    own = [point for point in points if point.rubric == rubric.key]
    first, highest = own[0], max(own, key=lambda point: point.score)
    values = [_said(rubric, point.score) for point in (first, highest, own[-1])]
    lowest = _said(rubric, min(point.score for point in own))
    verified = _said(rubric, own[-1].verified)
    return (
        f"{values[0]} on {chart['from']}, {values[2]} on {chart['until']}, of which {verified} is verified; "
        f"between {lowest} and {values[1]} meanwhile. {face.message}."
    )


def _said(rubric: Rubric, value: Fraction) -> str:
    return score_text(value, rubric)


def _line(line: dict[str, Any]) -> Line:
    return Line(
        parts=[" ".join(f"{_x(x)},{_y(y)}" for x, y in part) for part in line["parts"]],
        dashes=" ".join(f"{length:g}" for length in line["dashes"]),
        width=line["width"],
        label=line["label"],
        leads=line["leads"],
        y=_y(line["place"]) + 4,
    )


def _x(place: int) -> float:
    return round(LEFT + place * PLOT_WIDTH / SIDE, 1)


def _y(place: int) -> float:
    return round(TOP + place * PLOT_HEIGHT / SIDE, 1)


def _cut(name: str) -> str:
    """As much of the name as fits."""
    if width(name) <= LONGEST_NAME:
        return name
    while width(name) > LONGEST_NAME:
        name = name[:-1]
    return name + "…"
