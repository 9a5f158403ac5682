"""Descriptions as the OpenAPI document has them, on a page."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def prose(text: str) -> SafeString:
    """A text in which `backticks` enclose code; everything in it is escaped."""
    parts = text.split("`")
    return format_html_join("", "{}", ((_part(part, index % 2 == 1),) for index, part in enumerate(parts)))


def _part(text: str, is_code: bool) -> SafeString:
    return format_html("<code>{}</code>", text) if is_code else format_html("{}", text)
