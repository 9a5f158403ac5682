"""Tags of the page's frame."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from rubric.loader import DEFAULT

register = template.Library()


@register.simple_tag
def default_rubric() -> str:
    """The key of the rubric that the main navigation leads to."""
    return DEFAULT


@register.simple_tag
@lru_cache
def styles() -> SafeString:
    """The links to the style sheets, which stay the same as long as the process."""
    return render_to_string("components/styles.html")


@register.simple_tag(takes_context=True)
def current(context: Context, prefix: str, *, exact: bool = False, places: str = "") -> SafeString:
    """The `aria-current` attribute of a link to `prefix`: `page` there, `true` on the pages below it unless `exact`.

    It is `true` too where the address below the organisation's begins with one of `places`, separated by spaces.
    """
    path = context["request"].path
    if path == prefix:
        return mark_safe(' aria-current="page"')
    below = not exact and path.startswith(prefix)
    return mark_safe(' aria-current="true"') if below or _place(path) in places.split() else mark_safe("")


def _place(path: str) -> str:
    """The first part of an address below an organisation's: `tokens` of `/o/acme/tokens/new/`."""
    parts = path.split("/")
    return parts[3] if len(parts) > 3 and parts[1] == "o" else ""
