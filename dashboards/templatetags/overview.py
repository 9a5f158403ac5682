"""Addresses and bars of the organisation's page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from html import escape

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from dashboards import drawing, phrases
from dashboards.figures.palette import colour_name
from dashboards.organisation.choosing import address
from dashboards.organisation.presenters import BandRow, SystemRow
from dashboards.templatetags.addresses import addresses
from dashboards.templatetags.components import band, delta, sparkline
from rubric.definition import Category, Rubric
from rubric.once import Same
from scores.overview import Standing

register = template.Library()


@register.simple_tag(takes_context=True)
def only(context: Context, name: str) -> str:
    """The address of the systems behind a figure, among those that the reader asked for."""
    return address(context["wanted"], name)


@register.simple_tag(takes_context=True)
def page_link(context: Context, number: int, anchor: str = "#systems") -> str:
    """The address of another page of what is shown; the context's `query` is what the address asks for besides."""
    query = context["query"]
    return f"?{query}{'&' if query else ''}page={number}{anchor}"


@register.simple_tag
def systems_bar(row: BandRow, widest: int) -> SafeString:
    """The systems of a band as a bar, all bars on one scale: solid for those that evidence proves."""
    return drawing.parts_bar("ink", row.systems, row.proved, widest)


UNASSESSED = "".join(
    f'<td class="o-{name} is-quiet">{says}</td>'
    for name, says in (("score", "–"), ("band", "Not assessed"), ("proof", "–"), ("limit", "–"), ("delta", "–"))
)


@register.simple_tag
def system_rows(
    rows: Sequence[SystemRow], organisation: str, start: datetime, now: datetime, may_assess: bool
) -> SafeString:
    """The rows of the table of systems; sparklines reach from `start` to `now`."""
    _, page = addresses("organisation", organisation)
    return SafeString("".join([_system_row(Same(row), organisation, page, start, now, may_assess) for row in rows]))


# Where the site lies is told by the organisation's page.
@lru_cache(maxsize=1024)
def _system_row(
    same: Same[SystemRow], organisation: str, page: str, start: datetime, now: datetime, may_assess: bool
) -> str:
    row, standing, rubric = same.value, same.value.standing, same.value.rubric
    name = _name(standing, organisation)
    if rubric is None or standing.score is None:
        return f'<tr class="unassessed">{name}{UNASSESSED}{_first_act(standing, organisation, may_assess)}</tr>'
    score = standing.score
    where = band(score.band, rubric) if score.band else f'<span class="is-quiet">{escape(rubric.title)}</span>'
    claimed = phrases.score(score.claimed.score, rubric) if standing.assessed_at else "–"
    verified = phrases.score(score.verified.score, rubric)
    return (
        f'<tr>{name}<td class="o-score"><b>{phrases.score(score.score.score, rubric)}</b></td><td class="o-band">{where}</td>'
        f'<td class="o-proof"><span class="t-lead">claimed </span>{claimed} <span class="sep">/</span> '
        f'<span class="t-lead">verified </span>{verified}</td><td class="o-limit">{_limits(row.limiting, rubric)}</td>'
        f'<td class="o-delta">{delta(standing.change)}</td>'
        f'<td class="o-spark">{sparkline(row.spark, start, now, row.top)}</td>'
        f'<td class="o-fail">{_count(standing.failing, "is-fail", "i-cross", "failing")}</td>'
        f'<td class="o-lapse">{_count(standing.at_risk, "is-warn", "i-lapse", "lapsing")}</td></tr>'
    )


def _name(standing: Standing, organisation: str) -> str:
    system = standing.system
    _, page = addresses("system", organisation, system.slug)
    marks = [escape(system.team.name)] if system.team else []
    if system.retired_at:
        marks.append("retired")
    elif standing.review_due:
        marks.append('<span class="is-warn">review due</span>')
    return (
        f'<th scope="row" class="o-name"><a href="{page}">{escape(system.name)}</a>'
        f"<small>{' · '.join(marks)}</small></th>"
    )


def _first_act(standing: Standing, organisation: str, may_assess: bool) -> str:
    says = '<span class="is-quiet">Not assessed</span>'
    if may_assess:
        _, page = addresses("assessments", organisation, standing.system.slug)
        says = f'<a href="{page}">Start the first assessment</a>'
    return f'<td class="o-spark" colspan="3">{says}</td>'


def _limits(limiting: Sequence[Category], rubric: Rubric) -> str:
    """The categories that limit a system: their dots, and their names, or how many they are from three on."""
    named = len(limiting) < 3
    dots = [
        f'<span class="limit"><span class="dot cat-{colour_name(rubric, category.key)}"></span>'
        + (escape(category.title) if named else f'<span class="vh">{escape(category.title)}</span>')
        + "</span>"
        for category in limiting
    ]
    return "".join(dots) + ("" if named else f"{len(limiting)} categories")


def _count(number: int, css: str, glyph: str, word: str) -> str:
    if not number:
        return '<span class="is-quiet zero">0</span>'
    return f'<span class="{css} count">{drawing.glyph(glyph)}{number}<span class="t-lead"> {word}</span></span>'
