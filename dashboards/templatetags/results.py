"""Filters for lists of results."""

from __future__ import annotations

from django import template

from dashboards.system.facts_presenters import check_title, received_late, title_of
from dashboards.system.reading import Recent
from rubric.definition import Rubric

register = template.Library()
register.filter("received_late", received_late)
register.filter("check_title", check_title)


@register.filter
def recent_title(recent: Recent, rubric: Rubric) -> str:
    """What to call a check, from its newest result."""
    return title_of(recent.name, recent.test, rubric)
