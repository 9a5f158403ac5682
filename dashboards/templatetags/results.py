"""Filters for lists of results, and the newest results of a system's checks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from urllib.parse import quote

from django import template
from django.utils.safestring import SafeString

from dashboards import drawing
from dashboards.system.facts_presenters import check_title, received_late, title_of
from dashboards.system.reading import Recent
from dashboards.templatetags.addresses import addresses
from dashboards.templatetags.components import moment
from evidence.models import Status
from rubric.definition import Rubric

register = template.Library()
register.filter("received_late", received_late)
register.filter("check_title", check_title)

_GLYPHS = {Status.PASSED: ("i-check", "i"), Status.SKIPPED: ("l-na", "i")}


@register.simple_tag
def status_icon(status: str) -> SafeString:
    """The glyph of a result's status."""
    return drawing.glyph(*_GLYPHS.get(Status(status), ("i-cross", "i is-fail")))


@register.simple_tag
def recent_results(recent: Sequence[Recent], rubric: Rubric, organisation: str, system: str) -> SafeString:
    """A line for each of these checks: its newest result, and the way to all of its results."""
    _, address = addresses("system-results", organisation, system)
    lines = []
    for result in recent:
        start, end = _line(result.name, title_of(result.name, result.test, rubric), result.status)
        lines.append(f"{start}{address}{end}{moment(result.observed_at, 'short')}</span></li>")
    return SafeString("".join(lines))


@lru_cache(maxsize=4096)
def _line(name: str, title: str, status: Status) -> tuple[str, str]:
    """What stands before the address of the system's results, and after it up to the instant; nothing else is in it."""
    tone = "vh" if status is Status.PASSED else "is-fail"
    return f'<li>{status_icon(status)} <span class="r-name"><a href="', (
        f'?check={quote(name, safe="")}">{escape(title)}</a> <span class="{tone}">{escape(status.label.lower())}</span>'
        '</span> <span class="r-time">'
    )
