"""Rows of tables of tests. They are many, and what a cell shows is one of few, made once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from html import escape

from django import template
from django.utils.safestring import SafeString

from dashboards import drawing, phrases
from dashboards.organisation.compare_presenters import LevelCell
from dashboards.organisation.compare_presenters import TestRow as BesideRow
from dashboards.system.presenters import TestRow
from dashboards.templatetags.addresses import addresses
from dashboards.templatetags.components import claim, freshness, health
from rubric.levels import Level

register = template.Library()


@register.simple_tag
def beside_row(row: BesideRow, organisation: str) -> SafeString:
    """A test beside itself: a cell for each system, which leads to the system's own page of it."""
    differs = f"{drawing.glyph('i-differ', 'i', 'differs:')} " if row.differs else ""
    cells = "".join([_beside(cell, organisation, row.test.key) for cell in row.cells])
    return SafeString(f'<tr><th scope="row">{differs}{escape(row.test.title)}</th>{cells}</tr>')


def _beside(cell: LevelCell, organisation: str, test: str) -> str:
    system = cell.snapshot.system
    start = f'<td data-label="{escape(system.name)}">'
    if not cell.known:
        return f'{start}<span class="is-quiet">not in its rubric</span></td>'
    if cell.snapshot.score is None:
        return f'{start}<span class="is-quiet">–</span></td>'
    _, address = addresses("system-test", organisation, system.slug, test)
    shown = _level(cell.claimed, cell.verified, cell.not_applicable)
    return f'{start}<a href="{address}">{shown}</a></td>'


@register.simple_tag
def level(cell: LevelCell) -> SafeString:
    """The level disc and its word."""
    return _level(cell.claimed, cell.verified, cell.not_applicable)


@lru_cache
def _level(claimed: Level, verified: Level, not_applicable: bool) -> SafeString:
    word = phrases.level_word(max(claimed, verified), not_applicable=not_applicable)
    return SafeString(f'{_disc(claimed, verified, not_applicable)}<span aria-hidden="true">{word}</span>')


@lru_cache
def _disc(claimed: Level, verified: Level, not_applicable: bool) -> SafeString:
    name, label = phrases.disc(claimed, verified, not_applicable=not_applicable)
    return drawing.glyph(name, "g", label)


@register.simple_tag
def test_rows(rows: Sequence[TestRow], organisation: str, system: str, query: str, at: datetime) -> SafeString:
    """The tests of a category; `query` is the query part of addresses that leads to the instant `at`."""
    return SafeString("".join([_test_row(row, organisation, system, query, at) for row in rows]))


def _test_row(row: TestRow, organisation: str, system: str, query: str, at: datetime) -> str:
    test = row.score
    _, address = addresses("system-test", organisation, system, test.test.key)
    return (
        f'<tr><td class="t-g">{_disc(test.claimed, test.verified, test.not_applicable)}</td>'
        f'<th scope="row" class="t-name"><a href="{address}{escape(query)}">{escape(test.test.title)}</a></th>'
        f'<td class="t-level{"" if test.level else " is-quiet"}">'
        f"{phrases.level_word(test.level, not_applicable=test.not_applicable)}</td>"
        f'<td class="t-claim">{claim(test)}</td><td class="t-fresh">{freshness(test, at, row.window)}</td>'
        f'<td class="t-health">{health(test.health)}</td></tr>'
    )
