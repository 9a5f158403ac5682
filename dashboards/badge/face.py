"""What a badge says and how wide it is: plain values from a score in short. No queries, no clock, no markup."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from dashboards import phrases
from dashboards.drawing import BAND_STEPS, band_steps
from rubric.definition import Aggregation, Rubric
from rubric.scoring import number
from scores.brief import Brief
from scores.score import Score

LABEL = "MLScore"
INK, QUIET, PLAIN = "#17191d", "#666b74", "#474c55"
BY_STEPS = ("#b3370a", "#855600", "#6b2459", "#1d63b0", "#4148b8", "#4148b8")
"""The look's light tokens fail, warn, monitor, data and accent, from the lowest band up; white text is legible on each."""

MAX_AGE = 300
"""How many seconds a badge may be kept."""

HEIGHT, PADDING, GLYPH = 20, 7, 17
EM = 11
NARROW, SLIM, BROAD = " .,:;'|!iljtfrI()[]", "-/sJckvxyz", "mwMW%@"
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Face:
    """A badge as it is shown. `steps` are the filled ones of the band's five, None where no band is shown.

    `name` is what a screen reader says, the system's name included. Widths are in pixels, colours hexadecimal.
    """

    name: str
    message: str
    colour: str
    steps: int | None
    stale: bool

    @property
    def label_text_width(self) -> int:
        return width(LABEL)

    @property
    def message_text_width(self) -> int:
        return width(self.message)

    @property
    def label_width(self) -> int:
        return self.label_text_width + 2 * PADDING

    @property
    def message_width(self) -> int:
        return self.total_width - self.label_width

    @property
    def glyph_x(self) -> int:
        return self.label_width + PADDING

    @property
    def message_x(self) -> int:
        return self.glyph_x + (0 if self.steps is None else GLYPH)

    @property
    def total_width(self) -> int:
        return self.message_x + self.message_text_width + PADDING

    @property
    def bars(self) -> list[tuple[int, int, int, str]]:
        """The rising steps: x, y, height and opacity of each."""
        if self.steps is None:
            return []
        heights = [2 * step + 1 for step in range(1, BAND_STEPS + 1)]
        return [
            (self.glyph_x + 3 * index, 15 - height, height, "1" if index < self.steps else ".35")
            for index, height in enumerate(heights)
        ]


def face(system: str, brief: Brief) -> Face:
    """The badge of the system of this name."""
    score = brief.score
    if score is None:
        return Face(_name(system, "not assessed"), "not assessed", QUIET, None, stale=False)
    points = points_text(score)
    if brief.review_due:
        message = f"{points} · review due"
        return Face(_name(system, f"{points}, review due"), message, QUIET, _steps(score), stale=True)
    label = score.band.label if score.band else ""
    message = f"{points} · {label}" if label else points
    steps = _steps(score)
    colour = PLAIN if steps is None else BY_STEPS[steps]
    return Face(_name(system, f"{points}, {label}" if label else points), message, colour, steps, stale=False)


def document(system: str, brief: Brief, shown: Face) -> dict[str, Any]:
    """The badge as JSON: what shields.io's endpoint badge reads, and the score for other dashboards."""
    score = brief.score
    return {
        "schemaVersion": 1,
        "label": LABEL,
        "message": shown.message,
        "color": shown.colour,
        "cacheSeconds": MAX_AGE,
        "system": system,
        "rubric": score.rubric.key if score else None,
        "score": number(score.score.score) if score else None,
        "maximum": number(score.rubric.maximum) if score else None,
        "claimed": number(score.claimed.score) if score else None,
        "verified": number(score.verified.score) if score else None,
        "band": {"key": score.band.key, "label": score.band.label} if score and score.band else None,
        "stale": shown.stale,
    }


def points_text(score: Score) -> str:
    """`2.5 of 7`, or `50 %` where scores are shares."""
    text = phrases.score(score.score.score, score.rubric)
    return text if _counts_shares(score.rubric) else f"{text} of {float(score.rubric.maximum):g}"


def _counts_shares(rubric: Rubric) -> bool:
    return rubric.aggregation is Aggregation.MINIMUM_OF_SHARES


def _steps(score: Score) -> int | None:
    return None if score.band is None else band_steps(score.rubric, score.band)


def _name(system: str, says: str) -> str:
    """The badge in words; characters that XML does not know are left out of the system's name."""
    return f"{LABEL} of {NOT_XML.sub('', system)}: {says}"


def width(text: str) -> int:
    """About how wide a text is at the badge's size, in pixels; the drawing stretches it to just this."""
    return round(sum(_share(sign) for sign in text) * EM)


def _share(sign: str) -> float:
    """A character's width in ems, as sans-serif faces have it."""
    if sign in NARROW:
        return 0.34
    if sign in BROAD:
        return 0.9
    if unicodedata.combining(sign):
        return 0
    if unicodedata.east_asian_width(sign) in "WF":
        return 1
    return 0.5 if sign in SLIM else 0.68 if sign.isupper() else 0.58
