"""The cells of the heat map, and the bars of common gaps. Cells are many: what one shows is one of few, made once."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from html import escape

from django import template
from django.utils.safestring import SafeString

from dashboards import drawing, phrases
from dashboards.figures.palette import colour_name
from dashboards.organisation.gap_presenters import Count, GapRow
from dashboards.organisation.heat_presenters import FOOT_HEIGHT, HeatGroup, HeatMap, HeatRow, TestColumn
from dashboards.templatetags.addresses import addresses
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.once import Same
from rubric.scoring import units_of
from rubric.states import is_left_out
from scores.gaps import Holding
from scores.stands import CELLS, in_order

register = template.Library()


@register.simple_tag
def heat_heads(tests: Sequence[TestColumn]) -> SafeString:
    """The heads of the tests' columns, each a link that sorts by it."""
    return SafeString("".join([_head(test) for test in tests]))


def _head(test: TestColumn) -> str:
    column = test.column
    sorting = f' aria-sort="{column.sorting}"' if column.sorting else ""
    arrow = drawing.glyph("i-up" if column.sorting == "ascending" else "i-down") if column.sorting else ""
    return (
        f'<th scope="col" class="{"c1 " if test.first else ""}h-test"{sorting}><a href="{escape(column.address)}">'
        f"{arrow}<span>{escape(column.name)}</span></a></th>"
    )


@register.simple_tag
def heat_feet(tests: Sequence[TestColumn], rubric: Rubric) -> SafeString:
    """The share of systems that hold credit for each test, as a bar and a number, and a link to them where there are any."""
    return SafeString("".join([_foot(test, rubric) for test in tests]))


def _foot(test: TestColumn, rubric: Rubric) -> str:
    bar = (
        f'<svg width="100%" height="{FOOT_HEIGHT}" aria-hidden="true" class="cat-{colour_name(rubric, test.test.category)}">'
        f'<rect class="proof" x="25%" width="50%" y="{test.top}" height="{test.height}"/></svg>{test.share}'
    )
    cell = f'<a href="{escape(test.behind)}">{bar}</a>' if test.behind else bar
    return f'<td class="{"c1 " if test.first else ""}h-share">{cell}</td>'


@register.simple_tag
def heat_groups(heat: HeatMap, organisation: str, past: bool) -> SafeString:
    """The groups of systems, whose cells lead to their tests; at present, or in the past."""
    _, page = addresses("organisation", organisation)
    nothing = "Nothing recorded by then" if past else "Not assessed"
    found = []
    for group in heat.groups:
        rows = [_row(Same(row), heat.rubric, organisation, page, nothing) for row in group.rows]
        found += ["<tbody>", _group(group, len(heat.tests)), *rows, "</tbody>"]
    return SafeString("".join(found))


def _group(group: HeatGroup, tests: int) -> str:
    """The row that names a group, where systems are grouped."""
    if not group.name:
        return ""
    median = f'<span class="vh">median </span>{escape(group.median)}<small> med.</small>' if group.median else ""
    return (
        f'<tr class="group"><th scope="rowgroup">{escape(group.name)} <small>{group.systems}</small></th>'
        f'<td class="num" colspan="2">{median}</td><td colspan="{tests}"></td></tr>'
    )


# Where the site lies is told by the organisation's page.
@lru_cache(maxsize=1024)
def _row(same: Same[HeatRow], rubric: Rubric, organisation: str, page: str, nothing: str) -> str:
    system, stand, failing = same.value
    _, address = addresses("system", organisation, system.slug)
    name = f'<tr><th scope="row"><a href="{address}">{escape(system.name)}</a></th>'
    if stand is None:
        return f"{name}{_empty(len(rubric.tests), nothing)}</tr>"
    numbers = _numbers(rubric, stand.score, stand.verified)
    return f"{name}{numbers}{address.join(_cells(rubric, stand.editions, stand.tests, failing))}</tr>"


@lru_cache
def _empty(tests: int, says: str) -> str:
    """The cells of a system without a score."""
    dash = '<td class="num is-quiet">–</td>'
    return f'{dash}{dash}<td class="h-none" colspan="{tests}">{escape(says)}</td>'


@lru_cache(maxsize=1024)
def _numbers(rubric: Rubric, score: int, verified: int) -> str:
    """The cells of a score and a verified score, in the rubric's units."""
    texts = [phrases.score(Fraction(units, units_of(rubric).score), rubric) for units in (score, verified)]
    return f'<td class="num"><b>{texts[0]}</b></td><td class="num h-ver">{texts[1]}</td>'


@lru_cache(maxsize=1024)
def _cells(rubric: Rubric, editions: tuple[str, ...], digits: str, failing: frozenset[str]) -> tuple[str, ...]:
    """All cells of a system in this state, in pieces: between each two stands the system's address."""
    firsts = {category.tests[0].key for category in rubric.categories}
    pieces, end = [], ""
    for key, digit in zip(rubric.tests, in_order(rubric, editions, digits), strict=True):
        fails = key in failing
        pieces.append(end + _start(key in firsts, fails))
        end = f'tests/{key}/">{_face(*CELLS[digit], is_left_out(digit), fails)}'
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
def gap_rows(rows: Sequence[GapRow], rubric_url: str, heat_map_url: str) -> SafeString:
    """The rows of tests: a bar up to all systems, solid for those that prove it, and counts that lead to their systems."""
    return SafeString("".join([_gap_row(row, escape(rubric_url), heat_map_url) for row in rows]))


def _gap_row(row: GapRow, rubric_url: str, heat_map_url: str) -> str:
    test, counts = row.gap.test, row.gap.counts
    bar = drawing.parts_bar(row.colour, counts[Holding.CREDITED], counts[Holding.VERIFIED], row.gap.systems)
    cells = "".join([_count(count, heat_map_url) for count in row.counts])
    return (
        f'<tr><th scope="row"><span class="dot cat-{row.colour}"></span><a href="{rubric_url}#{test.key}">'
        f"{escape(test.title)}</a> <small>{escape(row.category.title)}</small></th>"
        f'<td class="g-bar">{bar}</td>{cells}</tr>'
    )


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
