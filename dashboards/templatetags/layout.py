"""Tags of the page's frame."""

from __future__ import annotations

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from rubric.loader import DEFAULT

register = template.Library()


@register.simple_tag
def default_rubric() -> str:
    """The key of the rubric that the main navigation leads to."""
    return DEFAULT


@register.simple_tag(takes_context=True)
def current(context: Context, prefix: str, *, exact: bool = False) -> SafeString:
    """The `aria-current` attribute of a link to `prefix`: `page` there, `true` on the pages below it unless `exact`."""
    path = context["request"].path
    if path == prefix:
        return mark_safe(' aria-current="page"')
    return mark_safe(' aria-current="true"') if not exact and path.startswith(prefix) else mark_safe("")
