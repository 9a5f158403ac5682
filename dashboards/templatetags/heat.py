"""The cells of the heat map, and the bars of common gaps. Cells are many: what one shows is one of few, made once."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from html import escape

from django import template
from django.utils.safestring import SafeString

from dashboards import drawing, phrases
from dashboards.organisation.gap_presenters import Count, GapRow
from dashboards.organisation.heat_presenters import HeatRow
from dashboards.templatetags.addresses import addresses
from rubric.definition import Rubric
from rubric.levels import Level
from scores.gaps import Holding
from scores.tallied import Tallied

register = template.Library()


@register.simple_tag
def heat_row(row: HeatRow, rubric: Rubric, organisation: str, nothing: str) -> SafeString:
    """The row of a system, whose cells lead to its tests; `nothing` is what it says without a score."""
    shown = row.snapshot
    _, address = addresses("system", organisation, shown.system.slug)
    name = f'<tr><th scope="row"><a href="{address}">{escape(shown.system.name)}</a></th>'
    if shown.score is None:
        return SafeString(f"{name}{_empty(len(rubric.tests), nothing)}</tr>")
    numbers = _numbers(rubric, shown.score.score.score, shown.score.verified.score)
    return SafeString(f"{name}{numbers}{address.join(_cells(shown.tallied, row.failing))}</tr>")


@lru_cache
def _empty(tests: int, says: str) -> str:
    """The cells of a system without a score."""
    dash = '<td class="num is-quiet">–</td>'
    return f'{dash}{dash}<td class="h-none" colspan="{tests}">{escape(says)}</td>'


@lru_cache(maxsize=1024)
def _numbers(rubric: Rubric, score: Fraction, verified: Fraction) -> str:
    return (
        f'<td class="num"><b>{phrases.score(score, rubric)}</b></td>'
        f'<td class="num h-ver">{phrases.score(verified, rubric)}</td>'
    )


@lru_cache(maxsize=1024)
def _cells(state: Tallied, failing: frozenset[str]) -> tuple[str, ...]:
    """All cells of a system in this state, in pieces: between each two stands the system's address."""
    rubric, left_out = state.score.rubric, state.levels.not_applicable
    firsts = {category.tests[0].key for category in rubric.categories}
    pieces, end = [], ""
    for key, levels in zip(rubric.tests, state.cells, strict=True):
        fails = key in failing
        pieces.append(end + _start(key in firsts, fails))
        end = f'tests/{key}/">{_face(*levels, key in left_out, fails)}'
    return (*pieces, end)


def _start(first: bool, failing: bool) -> str:
    """Where a cell begins, up to its address."""
    names = " ".join(name for name, given in (("c1", first), ("x", failing)) if given)
    return f'<td class="{names}"><a href="' if names else '<td><a href="'


@lru_cache
def _face(claimed: Level, verified: Level, not_applicable: bool, failing: bool) -> str:
    """What a cell shows: the disc, and a cross where the test fails; and the cell's end."""
    name, words = phrases.disc(claimed, verified, not_applicable=not_applicable)
    cross = drawing.glyph("i-cross", "xmark") if failing else ""
    return f"{drawing.glyph(name, 'g', f'{words}, failing' if failing else words)}{cross}</a></td>"


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
    return SafeString(
        f'<td class="num"><span class="is-quiet">0<span class="t-lead"> {escape(label)}</span></span></td>'
    )


def _number(systems: int, label: str) -> str:
    return f'{systems}<span class="t-lead"> {label}</span>'
