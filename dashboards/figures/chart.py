"""What a chart consists of, besides the figure that Plotly draws: its key, ranges, summary and table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

END_MARGIN = timedelta(days=3)
"""The room right of the newest state, so that its line is seen to go on."""
SHORTEST_AXIS = timedelta(days=7)
"""The least that a time axis spans."""

_RANGES = (("3 m", timedelta(days=92)), ("6 m", timedelta(days=184)), ("1 y", timedelta(days=365)))


@dataclass(frozen=True, slots=True)
class Range:
    """A range button: its label, the instant it shows from (as Plotly reads it), and whether it is chosen at first."""

    label: str
    start: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class LineKey:
    """An entry of the key for a line; `dashes` as SVG writes them, empty for a solid line."""

    name: str
    css: str
    width: float
    dashes: str = ""


@dataclass(frozen=True, slots=True)
class SignKey:
    """An entry of the key for a sign, such as ◆ for an assessment."""

    name: str
    sign: str
    css: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: its instant (aware), the day in words, and the other cells' text."""

    at: datetime
    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The chart's numbers, newest first."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure for charts.js and all that makes it readable without: see templates/components/chart.html."""

    figure: Mapping[str, Any]
    lines: tuple[LineKey, ...]
    keys: tuple[SignKey, ...]
    ranges: tuple[Range, ...]
    summary: str
    table: Table
    tall: bool = False


@lru_cache(maxsize=8192)
def instant(at: datetime) -> str:
    """An instant as Plotly reads it: UTC, without an offset."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def day(at: datetime) -> str:
    """The UTC day of an instant in words: `3 Nov 2026`."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y}"


def start_of_axis(start: datetime, now: datetime) -> datetime:
    """Where the time axis starts: at `start`, or earlier where the axis would be too short to have days on it."""
    return min(start, now - SHORTEST_AXIS)


def end_of_axis(start: datetime, now: datetime) -> datetime:
    """Where the time axis ends: a little after now, less where there is little to see."""
    return now + min(END_MARGIN, (now - start_of_axis(start, now)) / 40)


def ranges(start: datetime, now: datetime, shown: datetime | None = None) -> tuple[Range, ...]:
    """The ranges that begin after `start`, and all. A year is chosen where there is more, if `shown` lies in it, else all."""
    shorter = [(label, now - length) for label, length in _RANGES if now - length > start]
    year = any(label == "1 y" and (shown is None or at <= shown) for label, at in shorter)
    chosen = "1 y" if year else "All"
    every = (*shorter, ("All", start_of_axis(start, now)))
    return tuple(Range(label, instant(at), label == chosen) for label, at in every)


def last_of_each_day(instants: Sequence[datetime]) -> list[int]:
    """The positions, newest first, of the last of ascending instants in each UTC day."""
    days = [at.astimezone(UTC).date() for at in instants]
    return [index for index in range(len(days) - 1, -1, -1) if index + 1 == len(days) or days[index + 1] != days[index]]
