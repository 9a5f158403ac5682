"""Small drawings as SVG: category bars, sparklines, band glyphs. Plain geometry in, escaped markup out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from rubric.definition import Band, Rubric

BAND_STEPS = 5
SPARK_WIDTH, SPARK_HEIGHT, SPARK_INSET = 96, 24, 3


@lru_cache(maxsize=1024)
def glyph(name: str, css: str = "i", label: str = "") -> SafeString:
    """A symbol of the sprite: hidden from readers, or with `label` an image of that name."""
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="#{}"/></svg>', css, label, name)
    return format_html('<svg class="{}" aria-hidden="true"><use href="#{}"/></svg>', css, name)


def band_steps(rubric: Rubric, band: Band) -> int:
    """How many of the five steps are filled: the band's rank, stretched where a rubric has not just six bands."""
    highest = len(rubric.bands) - 1
    return BAND_STEPS if highest == 0 else round(Fraction(rubric.bands.index(band) * BAND_STEPS, highest))


@lru_cache(maxsize=1024)
def category_bar(
    colour: str, score: Fraction, verified: Fraction, maximum: Fraction, notches: int, height: int
) -> SafeString:
    """A bar from 0 to `maximum`: solid for what is verified, hatched up to the score, with a notch between tests."""
    claim: SafeString | str = ""
    if score > verified:
        claim = format_html(
            '<rect class="claim" width="{}" height="100%" rx="2" fill="url(#hatch-{})"/>',
            _share(score, maximum),
            colour,
        )
    ticks = format_html_join(
        "",
        '<line x1="{0}" x2="{0}" y1="0" y2="100%"/>',
        ((_share(Fraction(notch), Fraction(notches)),) for notch in range(1, notches)),
    )
    return format_html(
        '<svg class="catbar cat-{}" width="100%" height="{}" aria-hidden="true">'
        '<rect class="track" width="100%" height="100%" rx="2"/>{}'
        '<rect class="proof" width="{}" height="100%" rx="2"/><g class="ticks">{}</g></svg>',
        colour,
        height,
        claim,
        _share(verified, maximum),
        ticks,
    )


@lru_cache(maxsize=1024)
def parts_bar(colour: str, count: int, proved: int, most: int) -> SafeString:
    """A bar from 0 to `most`: hatched up to `count`, solid for what of it is proved."""
    return category_bar(colour, Fraction(count), Fraction(proved), Fraction(most), 1, height=8)


def _share(part: Fraction, whole: Fraction) -> str:
    return f"{float(100 * part / whole) if whole else 0:.2f}%"


def sparkline(
    points: Sequence[tuple[datetime, Fraction]], start: datetime, end: datetime, top: Fraction, label: str
) -> SafeString:
    """A step line of (instant, value) over [start, end]; sparklines of one table share `top`, so that they compare.

    A point before `start` holds from `start` on; nothing is drawn without points.
    """
    steps = [(_spark_x(at, start, end), _spark_y(value, top)) for at, value in points if at <= end]
    if not steps:
        return SafeString("")
    path = (
        f"M{steps[0][0]} {steps[0][1]}" + "".join(f"H{x}V{y}" for x, y in steps[1:]) + f"H{_spark_x(end, start, end)}"
    )
    return SafeString(
        f'<svg class="spark" width="{SPARK_WIDTH}" height="{SPARK_HEIGHT}" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}"'
        f' role="img" aria-label="{escape(label)}"><path d="{path}"/>'
        f'<circle cx="{_spark_x(end, start, end)}" cy="{steps[-1][1]}" r="2.5"/></svg>'
    )


def _spark_x(at: datetime, start: datetime, end: datetime) -> float:
    share = max(0.0, (at - start) / (end - start)) if end > start else 1.0
    return round(SPARK_INSET + share * (SPARK_WIDTH - 2 * SPARK_INSET), 1)


def _spark_y(value: Fraction, top: Fraction) -> float:
    share = min(1.0, float(value / top)) if top else 0.0
    return round(SPARK_HEIGHT - SPARK_INSET - share * (SPARK_HEIGHT - 2 * SPARK_INSET), 1)
