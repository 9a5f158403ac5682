"""Parts of pages, each a template of what it is given and of nothing else: the same values give what was made before."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

from django import template
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from dashboards.filling import filled, mark, pieces

register = template.Library()


class Shown(Protocol):
    """All that a part shows: a NamedTuple of texts, numbers, instants, tuples of these, and what equals itself alone.

    Models must not be in it, since one equals another of the same key, whatever they hold.
    """

    def _asdict(self) -> dict[str, Any]: ...
    def __hash__(self) -> int: ...


@register.simple_tag
def part(name: str, here: str, shown: Shown, **going: str) -> SafeString:
    """The template of this name with the fields of `shown`, and with `here`: the page's own address, or one below it.

    That tells besides where the site lies, which all other addresses depend on. `going` are texts that go on with the time:
    they stand in the part under their names, and decide nothing in it.
    """
    if not going:
        return _part(name, here, shown)
    texts = {key: conditional_escape(text) for key, text in going.items()}
    return SafeString(filled(_going(name, here, shown, tuple(going)), texts))


@lru_cache(maxsize=1024)
def _part(name: str, here: str, shown: Shown) -> SafeString:
    return render_to_string(name, {"here": here, **shown._asdict()})


# These are most of a page each, of an organisation, and hold what they were made of: no more readings than others keep.
@lru_cache(maxsize=32)
def _going(name: str, here: str, shown: Shown, going: tuple[str, ...]) -> Sequence[str]:
    marks = {key: mark(key) for key in going}
    return pieces(render_to_string(name, {"here": here, **marks, **shown._asdict()}))
