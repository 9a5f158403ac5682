"""Parts of pages, each a template of what it is given and of nothing else: the same values give what was made before."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()


class Shown(Protocol):
    """All that a part shows: a NamedTuple of texts, numbers, instants and tuples of such.

    Models must not be in it, since one equals another of the same key, whatever they hold.
    """

    def _asdict(self) -> dict[str, Any]: ...
    def __hash__(self) -> int: ...


@register.simple_tag
def part(name: str, here: str, shown: Shown) -> SafeString:
    """The template of this name with the fields of `shown`, and with `here`: the page's own address, or one below it.

    That tells besides where the site lies, which all other addresses depend on.
    """
    return _part(name, here, shown)


@lru_cache(maxsize=1024)
def _part(name: str, here: str, shown: Shown) -> SafeString:
    return render_to_string(name, {"here": here, **shown._asdict()})
