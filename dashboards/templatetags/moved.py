"""Rows of what moved and what lapses. They are many, and what they show of a test is one of few, made once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlencode

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from assessments.entries import Listed
from dashboards import drawing, phrases
from dashboards.organisation.moved_presenters import MoveRow, RollUpRow
from dashboards.templatetags.addresses import addresses
from dashboards.templatetags.components import delta, moment
from rubric.definition import Test
from rubric.levels import Level
from rubric.once import Same
from scores.lapses import Lapse
from scores.moves import Moved
from scores.stands import Cell

register = template.Library()


@register.simple_tag
def move_rows(rows: Sequence[MoveRow], organisation: str, since: str) -> SafeString:
    """A row for each of these systems; its last link compares it with how it stood on the day `since`."""
    _, compare = addresses("compare", organisation)
    return SafeString("".join([_move_row(organisation, Same(row), compare, since) for row in rows]))


# Where the site lies is told by each row's key, as by `compare`.
@lru_cache(maxsize=1024)
def _move_row(organisation: str, same: Same[MoveRow], compare: str, since: str) -> str:
    row, system = same.value, same.value.system
    heading, address = _system(organisation, system)
    causes = [f'{start}<a href="{address}{end}' for start, end in map(_test_move, row.tests)]
    if row.tests:
        query = escape(urlencode({"system": system.slug, "since": since}))
        words = f"{row.more} more, and through which facts" if row.more else "Through which facts"
        causes.append(f'<li><a href="{compare}?{query}">{words}</a></li>')
    score, verified = (f"{escape(before)} → " if before else "" for before in (row.before, row.verified_before))
    return (
        f'<tr>{heading}<td class="num"><span class="t-lead">score </span>{score}<b>{escape(row.after)}</b></td>'
        f'<td class="num">{delta(row.change)}</td>'
        f'<td class="num"><span class="t-lead">verified </span>{verified}{escape(row.verified_after)}</td>'
        f'<td><ul class="causes">{"".join(causes)}</ul></td></tr>'
    )


@lru_cache(maxsize=4096)
def _test_move(move: Moved) -> tuple[SafeString, SafeString]:
    """What stands before and after the system's address."""
    arrow = drawing.glyph("i-up", "i", "up:") if move.gained else drawing.glyph("i-down", "i is-fail", "down:")
    return format_html("<li>{} ", arrow), format_html(
        'tests/{}/">{}</a> {} → {}</li>', move.test.key, move.test.title, _disc(move.before), _disc(move.after)
    )


@register.simple_tag
def lapse_rows(lapses: Sequence[Lapse], organisation: str) -> SafeString:
    """A row for each of these lapses."""
    _, page = addresses("organisation", organisation)
    return SafeString("".join([_lapse_row(organisation, page, Same(lapse)) for lapse in lapses]))


@lru_cache(maxsize=2048)
def _lapse_row(organisation: str, page: str, same: Same[Lapse]) -> str:
    lapse, system = same.value, same.value.system
    heading, address = _system(organisation, system)
    fall = _fall(lapse.before, lapse.after, lapse.claimed, lapse.kept_up, lapse.loses_credit)
    test, at = _test(lapse.test), moment(lapse.at)
    return f'<tr>{heading}<td><a href="{address}{test}</a></td>{fall}<td class="num">{at}</td></tr>'


@register.simple_tag
def roll_up_rows(rows: Sequence[RollUpRow], organisation: str, rubric: str, since: str) -> SafeString:
    """A row for each of these groups, whose figures lead to their systems; medians are compared with the day `since`."""
    pages = _Pages(*[addresses(name, organisation)[0] for name in ("organisation", "heat-map", "moved", "gaps")])
    return SafeString("".join([_roll_up_row(Same(row), pages, rubric, since) for row in rows]))


class _Pages(NamedTuple):
    """The addresses of an organisation's pages."""

    organisation: str
    heat_map: str
    moved: str
    gaps: str


@lru_cache(maxsize=1024)
def _roll_up_row(same: Same[RollUpRow], pages: _Pages, rubric: str, since: str) -> str:
    row, found = same.value, same.value.found
    behind, systems = row.behind, _link(f"{pages.organisation}{row.behind}#systems", _systems(found.systems))
    assessed = f" <small>{found.assessed} assessed</small>" if found.assessed != found.systems else ""
    name = _link(f"{pages.organisation}{behind}", escape(found.group.name))
    start = f'<tr><th scope="row">{name}</th><td class="num">{systems}{assessed}</td>'
    if not found.assessed:
        return f'{start}<td class="is-quiet" colspan="6">Not assessed</td></tr>'
    rest = f"&group=none&rubric={rubric}"
    scores, gaps = f"{pages.heat_map}{behind}&sort=score{rest}", f"{pages.gaps}{behind}&rubric={rubric}"
    weakest = '<span class="vh">, </span>'.join(
        f'<span class="limit"><span class="dot cat-{colour}"></span>{escape(title)}</span>'
        for colour, title in row.weakest
    )
    share = f'{row.verified_share}<span class="t-lead"> verified</span>'
    verified = _link(f"{pages.heat_map}{behind}&sort=verified{rest}", share) if row.verified_share else "–"
    cells = (
        _link(scores, f'<span class="t-lead">median </span>{escape(row.median)}'),
        _link(f"{pages.moved}{behind}&since={since}&rubric={rubric}", delta(found.change)),
        _link(scores, f'<span class="t-lead">quartiles </span>{escape(row.quartiles)}'),
    )
    return (
        start
        + "".join([f'<td class="num">{cell}</td>' for cell in cells])
        + f'<td>{_link(gaps, weakest)}</td><td class="num">{verified}</td>'
        f'<td class="num">{_link(gaps, f"""{row.credited}<span class="t-lead"> of tests credited</span>""")}</td></tr>'
    )


def _systems(count: int) -> str:
    return f'{count}<span class="t-lead"> system{"" if count == 1 else "s"}</span>'


def _link(address: str, says: str) -> str:
    return f'<a href="{escape(address)}">{says}</a>'


def _system(organisation: str, system: Listed) -> tuple[str, str]:
    """The head of a system's row, and its address."""
    _, address = addresses("system", organisation, system.slug)
    team = escape(system.team.name) if system.team else ""
    return f'<th scope="row"><a href="{address}">{escape(system.name)}</a> <small>{team}</small></th>', address


@lru_cache(maxsize=4096)
def _test(test: Test) -> SafeString:
    """A test's link, below its system's address."""
    return format_html('tests/{}/">{}', test.key, test.title)


@lru_cache
def _fall(before: Level, after: Level, claimed: Level, kept_up: bool, loses_credit: bool) -> SafeString:
    """How far evidence falls, and what becomes of the credit."""
    words = [phrases.level_word(level).lower() for level in (before, after, claimed)]
    kept = SafeString(" <small>kept up</small>") if kept_up else ""
    credit = (
        format_html('<span class="is-warn">{} falls</span>', drawing.glyph("i-lapse"))
        if loses_credit
        else format_html('<span class="is-quiet">claim of {} stays</span>', words[2])
    )
    return format_html("<td>{} → {}{}</td><td>{}</td>", words[0], words[1], kept, credit)


def _disc(cell: Cell) -> SafeString:
    name, label = phrases.disc(*cell)
    return drawing.glyph(name, "g", label)
