"""Parts of reports: they draw the values of a document, see dashboards/reports/document.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from django import template
from django.utils.safestring import SafeString

from dashboards import drawing
from dashboards.figures.printed import SIDE

register = template.Library()

PLOT_LEFT, PLOT_WIDTH, PLOT_HEIGHT = 5, 93, 256
"""Where the plot stands in its drawing, in percent of its width, and how many pixels high it is."""


@register.filter
def corners(part: Sequence[Sequence[int]]) -> str:
    """A stretch of a line as SVG writes points."""
    return " ".join(f"{x},{y}" for x, y in part)


@register.filter
def dashes(lengths: Sequence[float]) -> str:
    """Lengths of dashes as SVG writes them."""
    return " ".join(f"{length:g}" for length in lengths)


@register.filter
def plot_x(place: int) -> str:
    """A place from 0 to SIDE in the plot as a share of the drawing's width."""
    return f"{PLOT_LEFT + PLOT_WIDTH * place / SIDE:.2f}%"


@register.filter
def plot_y(place: int) -> str:
    """A place from 0 to SIDE as a share of the plot's height."""
    return f"{100 * place / SIDE:.2f}%"


@register.filter
def zone_height(zone: Sequence[int]) -> str:
    """The height of a zone from its upper to its lower place, as a share of the plot's."""
    return f"{100 * (zone[1] - zone[0]) / SIDE:.2f}%"


@register.filter
def tick_y(place: int) -> str:
    """A place from 0 to SIDE in pixels of the plot."""
    return f"{PLOT_HEIGHT * place / SIDE:.1f}"


@register.simple_tag
def band_steps_glyph(steps: int) -> SafeString:
    """The five rising steps of a band, as many filled as its rank."""
    return drawing.glyph(f"band-{steps}")


@register.simple_tag
def report_bar(row: Mapping[str, Any]) -> SafeString:
    """A category's bar; one without a verified part is drawn as a mean, solid."""
    score = Fraction(row["score"] if "score" in row else row["mean"])
    verified = Fraction(row["verified"]) if "verified" in row else score
    return drawing.category_bar(row["colour"], score, verified, Fraction(row["max"]), row["tests"], height=12)
