"""Which colour and which dash a category bears: the same on discs, bars, tables and charts, for any rubric."""

from __future__ import annotations

from rubric.definition import Rubric

TOKENS = ("data", "model", "infra", "monitor")
"""The category colours of static/css/tokens.css, as `--cat-NAME` and as class `cat-NAME`."""

DASHES = ("solid", "8px,3px", "3px,2px", "9px,3px,2px,3px", "14px,4px", "2px,5px", "6px,2px,2px,2px,2px,2px")
"""Dashes tell lines apart without colour; there are more of them than colours, for a fifth category."""


def colour_name(rubric: Rubric, category: str) -> str:
    """The name of a category's colour: its own when it has one, else the next by its position in the rubric.

    A category that the rubric does not have (one of an older edition) gets the first colour.
    """
    return category if category in TOKENS else TOKENS[_position(rubric, category) % len(TOKENS)]


def colour(rubric: Rubric, category: str) -> str:
    """A category's colour as a token that charts.js resolves, such as `var(--cat-data)`."""
    return f"var(--cat-{colour_name(rubric, category)})"


def dash(rubric: Rubric, category: str) -> str:
    """A category's dash in Plotly's notation, such as `8px,3px`."""
    return DASHES[_position(rubric, category) % len(DASHES)]


def _position(rubric: Rubric, category: str) -> int:
    return next((index for index, each in enumerate(rubric.categories) if each.key == category), 0)
