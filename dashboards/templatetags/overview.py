"""Addresses and bars of the organisation's page."""

from __future__ import annotations

from django import template
from django.http import QueryDict
from django.template import Context
from django.utils.safestring import SafeString

from dashboards import drawing
from dashboards.organisation.choosing import address
from dashboards.organisation.presenters import BandRow

register = template.Library()


@register.simple_tag(takes_context=True)
def only(context: Context, name: str) -> str:
    """The address of the systems behind a figure, among those that the reader asked for."""
    return address(context["wanted"], name)


@register.simple_tag(takes_context=True)
def page_link(context: Context, number: int, anchor: str = "#systems") -> str:
    """The address of another page of what is shown."""
    query: QueryDict = context["request"].GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}{anchor}"


@register.simple_tag
def systems_bar(row: BandRow, widest: int) -> SafeString:
    """The systems of a band as a bar, all bars on one scale: solid for those that evidence proves."""
    return drawing.parts_bar("ink", row.systems, row.proved, widest)
