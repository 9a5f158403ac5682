"""Tags of the page's frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils.safestring import SafeString, mark_safe

from dashboards.templatetags.addresses import addresses
from rubric.loader import DEFAULT

register = template.Library()


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the main navigation: its view, what follows the address, and where it is current besides that address.

    That is on the pages below it, unless `alone`, or below another one of the organisation's (`root`), and where the address
    below the organisation's begins with one of `places`, separated by spaces.
    """

    word: str
    view: str
    places: str = ""
    anchor: str = ""
    alone: bool = False
    root: str = ""


MAIN = (
    Place("Organisation", "organisation", "moved lapses roll-ups gaps compare initiatives report reports", alone=True),
    Place("Systems", "organisation", "sessions", anchor="#systems", root="systems/"),
    Place("Heat map", "heat-map"),
    Place("Rubric", "rubric", root="rubric/"),
    Place(
        "Settings",
        "settings",
        "members invitations teams new-team tokens webhooks keyless share-links activity export",
    ),
)
VIEWS = {
    "organisation": "Overview",
    "moved": "What moved",
    "lapses": "What lapses",
    "roll-ups": "Teams and tags",
    "heat-map": "Heat map",
    "gaps": "Common gaps",
    "compare": "Compare",
    "initiatives": "Initiatives",
    "organisation-report": "Report",
}


@register.simple_tag(takes_context=True)
def main_navigation(context: Context) -> SafeString:
    """The links of the main navigation."""
    path, organisation = context["request"].path, context["membership"].organisation.slug
    home, _ = addresses("organisation", organisation)
    return SafeString("".join([_main_link(place, path, organisation, home) for place in MAIN]))


def _main_link(place: Place, path: str, organisation: str, home: str) -> str:
    """A link; nothing for a page that the site does without."""
    arguments = (organisation, DEFAULT) if place.view == "rubric" else (organisation,)
    try:
        address, escaped = addresses(place.view, *arguments)
    except NoReverseMatch:
        return ""
    prefix = home + place.root if place.root else address
    return f'<a href="{escaped}{place.anchor}"{_current(path, prefix, place.alone, place.places)}>{place.word}</a> '


@register.simple_tag
def organisation_views(organisation: str, here: str) -> SafeString:
    """The links to the pages about all systems; `here` is the name of the one that is shown."""
    links = [
        f'<a href="{addresses(view, organisation)[1]}"{CURRENT if view == here else ""}>{word}</a> '
        for view, word in VIEWS.items()
    ]
    return SafeString("".join(links))


@register.simple_tag
@lru_cache
def styles() -> SafeString:
    """The links to the style sheets, which stay the same as long as the process."""
    return render_to_string("components/styles.html")


@register.simple_tag
@lru_cache
def page_assets() -> SafeString:
    """The sheets and scripts that every page loads, which stay the same as long as the process."""
    return render_to_string("components/assets.html")


@register.simple_tag(takes_context=True)
def current(context: Context, prefix: str, *, exact: bool = False, places: str = "") -> SafeString:
    """The `aria-current` attribute of a link to `prefix`: `page` there, `true` on the pages below it unless `exact`.

    It is `true` too where the address below the organisation's begins with one of `places`, separated by spaces.
    """
    return _current(context["request"].path, prefix, exact, places)


CURRENT, BELOW, ELSEWHERE = map(mark_safe, (' aria-current="page"', ' aria-current="true"', ""))


def _current(path: str, prefix: str, exact: bool, places: str) -> SafeString:
    if path == prefix:
        return CURRENT
    below = not exact and path.startswith(prefix)
    return BELOW if below or _place(path) in places.split() else ELSEWHERE


def _place(path: str) -> str:
    """The first part of an address below an organisation's: `tokens` of `/o/acme/tokens/new/`."""
    parts = path.split("/")
    return parts[3] if len(parts) > 3 and parts[1] == "o" else ""
