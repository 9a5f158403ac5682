"""What happened to a system, line by line. Charts mark hundreds of them, and pages show many."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from django import template
from django.template.defaultfilters import linebreaksbr, truncatechars
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from assessments.models import SystemEvent
from dashboards.moments import query_at
from dashboards.system.timeline_presenters import LapsedTest, Line
from dashboards.templatetags.addresses import addresses
from dashboards.templatetags.components import moment

register = template.Library()


@register.simple_tag
def event_lines(lines: Sequence[Line], organisation: str, system: str, may_void: bool = False) -> SafeString:
    """The list of these lines; `may_void` adds the way to void releases and notes."""
    page = addresses("system", organisation, system)[1]
    items = "".join([_line(line, page, may_void) for line in lines])
    return SafeString(f'<ol class="events">{items}</ol>')


def _line(line: Line, page: str, may_void: bool) -> str:
    """A line; `page` is the address of its system."""
    event, told = line.event, line.event.told
    query = query_at(event.at)
    if event.assessment:
        what = f'<a href="{page}assessments/{event.assessment.pk}/">{escape(event.text)}</a>'
    elif line.lapsed:
        what = f"Evidence lapsed: {_lapsed(line.lapsed, page, query)}"
    elif told:
        what = _told(told, f"{page}timeline/{told.pk}/void/" if may_void else "")
    else:
        kind = "" if event.kind == "void" else f'<span class="is-quiet">{capfirst(line.sign.word)}</span> '
        what = f"{kind}{escape(event.text)}"
    voided = ' class="is-voided"' if told and told.voided_at else ""
    change = f"score {escape(line.change)}" if line.change else ""
    return (
        f'<li{voided}><span class="e-sign {line.sign.css}" aria-hidden="true">{line.sign.character}</span>'
        f'<div class="e-what">{what}</div><span class="e-score">{change}</span> '
        f'<a class="e-when" href="{page}{query}">'
        f'<span class="vh">The system as of </span>{moment(event.at, "date")}</a></li>'
    )


def _lapsed(tests: Sequence[LapsedTest], page: str, query: str) -> str:
    """The tests whose evidence ran out, each with its fall."""
    last = len(tests) - 1
    return " ".join(
        f'{_lapsed_test(test, page, query)} <span class="is-quiet">{test.before} to {test.after}'
        f"{'' if place == last else ';'}</span>"
        for place, test in enumerate(tests)
    )


def _lapsed_test(test: LapsedTest, page: str, query: str) -> str:
    title = escape(test.title)
    if not test.leads:
        return title
    return f'<a href="{page}tests/{test.key}/{query}">{title}</a>'


def _told(told: SystemEvent, void: str) -> str:
    """A release or a note; `void` is the address at which it is voided, empty for those who may not."""
    title = escape(told.title)
    parts = [f'<span class="is-quiet">{escape(told.get_kind_display())}</span>']
    if told.url:
        parts.append(f'<a class="e-title" href="{escape(told.url)}" rel="noreferrer">{title}</a>')
    else:
        parts.append(f'<span class="e-title">{title}</span>')
    if told.model_version:
        parts.append(f'<span class="is-quiet">model version {escape(told.model_version)}</span>')
    if told.commit:
        parts.append(f"<code>{escape(truncatechars(told.commit, 12))}</code>")
    if told.text:
        parts.append(f'<p class="note any-text">{linebreaksbr(told.text)}</p>')
    by = f"by {escape(told.recorded_by)}"
    if told.voided_at:
        by += f", voided by {escape(told.voided_by)}: {escape(told.void_reason)}"
    elif void:
        by += f' · <a href="{void}">Void<span class="vh"> {title}</span></a>'
    return f"{' '.join(parts)} <small>{by}</small>"
