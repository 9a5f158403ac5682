"""Rows of what moved and what lapses. They are many, and what they show of a test is one of few, made once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from assessments.entries import Listed
from dashboards import drawing, phrases
from scores.moves import Moved
from scores.stands import Cell

register = template.Library()


@register.simple_tag(takes_context=True)
def system_page(context: Context, system: Listed) -> str:
    """The address of a system's page."""
    return _page(context["membership"].organisation.slug, system.slug)


@lru_cache(maxsize=8192)
def _page(organisation: str, system: str) -> str:
    return reverse("system", args=[organisation, system])


@register.simple_tag
def test_moves(tests: Sequence[Moved], address: str) -> SafeString:
    """The list items of tests that moved, each a link to the test's page below its system's address."""
    safe = escape(address)
    return SafeString("".join([f'{start}<a href="{safe}{end}' for start, end in map(_test_move, tests)]))


@lru_cache(maxsize=4096)
def _test_move(move: Moved) -> tuple[SafeString, SafeString]:
    """What stands before and after the system's address."""
    arrow = drawing.glyph("i-up", "i", "up:") if move.gained else drawing.glyph("i-down", "i is-fail", "down:")
    return format_html("<li>{} ", arrow), format_html(
        'tests/{}/">{}</a> {} → {}</li>', move.test.key, move.test.title, _disc(move.before), _disc(move.after)
    )


def _disc(cell: Cell) -> SafeString:
    name, label = phrases.disc(*cell)
    return drawing.glyph(name, "g", label)
