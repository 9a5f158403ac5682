"""What happened at an instant, besides a change of score: shown as a sign on a lane below the lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dashboards.figures.chart import SignKey, instant
from dashboards.figures.layout import plain_label


class MarkKind(StrEnum):
    """Kinds of marks, in the order of the key."""

    ASSESSMENT = "assessment"
    LAPSE = "lapse"
    RULES = "rules"
    EDITION = "edition"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: when (aware), of which kind, and what hovering over it says."""

    at: datetime
    kind: MarkKind
    text: str


@dataclass(frozen=True, slots=True)
class _Sign:
    word: str
    character: str
    symbol: str
    colour: str
    css: str = ""


_SIGNS = {
    MarkKind.ASSESSMENT: _Sign("assessment", "◆", "diamond", "var(--ink)"),
    MarkKind.LAPSE: _Sign("lapse", "▽", "triangle-down-open", "var(--warn)", "is-warn"),
    MarkKind.RULES: _Sign("change of rules", "□", "square-open", "var(--ink-2)"),
    MarkKind.EDITION: _Sign("change of rubric edition", "★", "star", "var(--ink-2)"),
    MarkKind.VOID: _Sign("voided", "✕", "x-thin-open", "var(--ink-2)"),
}


def mark_traces(marks: Iterable[Mark], lane: float) -> list[dict[str, Any]]:
    """A trace for each kind that occurs, all at the height `lane` of the y axis."""
    return [_trace(_SIGNS[kind], found, lane) for kind, found in _by_kind(marks).items()]


def mark_keys(marks: Iterable[Mark]) -> tuple[SignKey, ...]:
    """The key's entries for the kinds that occur."""
    return tuple(SignKey(_SIGNS[kind].word, _SIGNS[kind].character, _SIGNS[kind].css) for kind in _by_kind(marks))


def _by_kind(marks: Iterable[Mark]) -> Mapping[MarkKind, list[Mark]]:
    listed = list(marks)
    kinds = {mark.kind for mark in listed}
    return {kind: [mark for mark in listed if mark.kind is kind] for kind in MarkKind if kind in kinds}


def _trace(sign: _Sign, marks: list[Mark], lane: float) -> dict[str, Any]:
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
