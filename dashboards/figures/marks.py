"""What happened at an instant, besides a change of score: shown as a sign on a lane below the lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from dashboards.figures.chart import SignKey, instant
from dashboards.figures.layout import plain_label


class Mark(Protocol):
    """What the chart reads of a mark, such as a `scores.marks.Event`: when (aware), of which kind, and what it says."""

    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Sign:
    """How a kind of mark is drawn: its name, the character in keys and lists, Plotly's symbol, its colour and class."""

    word: str
    character: str
    symbol: str
    colour: str
    css: str = ""


SIGNS = {
    "assessment": Sign("assessment", "◆", "diamond", "var(--ink)"),
    "lapse": Sign("lapse", "▽", "triangle-down-open", "var(--warn)", "is-warn"),
    "rules": Sign("change of rules", "□", "square-open", "var(--ink-2)"),
    "edition": Sign("change of rubric edition", "★", "star", "var(--ink-2)"),
    "void": Sign("voided", "✕", "x-thin-open", "var(--ink-2)"),
    "release": Sign("release", "▲", "triangle-up", "var(--ink)"),
    "note": Sign("note", "○", "circle-open", "var(--ink-2)"),
}


def mark_traces(marks: Sequence[Mark], lane: float) -> list[dict[str, Any]]:
    """A trace for each kind that occurs, all at the height `lane` of the y axis."""
    return [_trace(SIGNS[kind], found, lane) for kind, found in _by_kind(marks).items()]


def mark_keys(marks: Sequence[Mark]) -> tuple[SignKey, ...]:
    """The key's entries for the kinds that occur."""
    return tuple(SignKey(SIGNS[kind].word, SIGNS[kind].character, SIGNS[kind].css) for kind in _by_kind(marks))


def _by_kind(marks: Sequence[Mark]) -> dict[str, list[Mark]]:
    """The marks of each kind that occurs, kinds in the order of the key."""
    found = {kind: [mark for mark in marks if mark.kind == kind] for kind in SIGNS}
    return {kind: own for kind, own in found.items() if own}


def _trace(sign: Sign, marks: list[Mark], lane: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": sign.word.capitalize(),
        "x": [instant(mark.at) for mark in marks],
        "y": [lane] * len(marks),
        "text": [plain_label(mark.text) for mark in marks],
        "hovertemplate": "%{text}",
        "marker": {
            "symbol": sign.symbol,
            "size": 9,
            "color": sign.colour,
            "line": {"width": 2 if sign.symbol.endswith("-open") else 0, "color": sign.colour},
        },
        "cliponaxis": False,
    }
