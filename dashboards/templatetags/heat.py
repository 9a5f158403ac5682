"""The cells of the heat map, and the bars of common gaps. Cells are many: what one shows is one of few, made once."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from dashboards import drawing, phrases
from dashboards.organisation.gap_presenters import Count, GapRow
from dashboards.organisation.heat_presenters import HeatRow
from rubric.definition import Rubric
from rubric.levels import Level
from scores.gaps import Holding

register = template.Library()


@register.simple_tag
def heat_cells(row: HeatRow, rubric: Rubric, system_url: str) -> SafeString:
    """The cells of a system's tests, each a link to the test's page."""
    shown, address = row.snapshot, escape(system_url)
    claimed, verified, left_out = shown.levels.claimed, shown.levels.verified, shown.levels.not_applicable
    pieces = []
    for category in rubric.categories:
        for index, test in enumerate(category.tests):
            key = test.key
            failing = key in row.failing
            levels = claimed.get(key, Level.NONE), verified.get(key, Level.NONE)
            pieces += [_start(index == 0, failing), address, _end(key), _face(*levels, key in left_out, failing)]
    return SafeString("".join(pieces))


@lru_cache
def _end(test: str) -> SafeString:
    """The end of a cell's address, below that of its system."""
    return format_html('tests/{}/">', test)


@lru_cache
def _start(first: bool, failing: bool) -> SafeString:
    """Where a cell begins, up to its address."""
    names = " ".join(name for name, given in (("c1", first), ("x", failing)) if given)
    return format_html('<td class="{}"><a href="', names) if names else SafeString('<td><a href="')


@lru_cache
def _face(claimed: Level, verified: Level, not_applicable: bool, failing: bool) -> SafeString:
    """What a cell shows: the disc, and a cross where the test fails; and the cell's end."""
    name, words = phrases.disc(claimed, verified, not_applicable=not_applicable)
    cross = drawing.glyph("i-cross", "xmark") if failing else ""
    return format_html("{}{}</a></td>", drawing.glyph(name, "g", f"{words}, failing" if failing else words), cross)


@register.simple_tag
def share_bar(row: GapRow) -> SafeString:
    """The bar of a test from 0 to all systems: solid for those that prove it, hatched up to those credited."""
    counts = row.gap.counts
    return drawing.parts_bar(row.colour, counts[Holding.CREDITED], counts[Holding.VERIFIED], row.gap.systems)


@register.simple_tag
def gap_counts(row: GapRow, heat_map_url: str) -> SafeString:
    """The cells of a test's counts, each number a link to its systems on the heat map."""
    return SafeString("".join([_count(count, heat_map_url) for count in row.counts]))


def _count(count: Count, heat_map_url: str) -> str:
    if not count.systems:
        return _nothing(count.label)
    number, share = _number(count.systems, count.label), f" <small>{count.share}</small>" if count.share else ""
    return f'<td class="num"><a href="{escape(heat_map_url + count.behind)}">{number}</a>{share}</td>'


@lru_cache
def _nothing(label: str) -> SafeString:
    return format_html('<td class="num"><span class="is-quiet">0<span class="t-lead"> {}</span></span></td>', label)


def _number(systems: int, label: str) -> str:
    return f'{systems}<span class="t-lead"> {label}</span>'
