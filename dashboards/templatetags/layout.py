"""Tags of the page's frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Membership
from dashboards.templatetags.addresses import Site, addresses, site
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


class Named(NamedTuple):
    """An organisation in the head of a page."""

    slug: str
    name: str


class Top(NamedTuple):
    """All that the head of a page shows: where it lies, whose it is, and who reads it; both empty for strangers."""

    path: str
    organisation: Named | None
    organisations: tuple[Named, ...]
    unread: int
    who: str
    initials: str


@register.simple_tag
def page_foot() -> SafeString:
    """The foot of every page."""
    return _page_foot(site())


@lru_cache
def _page_foot(lies: Site) -> SafeString:
    return render_to_string("components/foot.html")


@register.simple_tag(takes_context=True)
def top_bar(context: Context) -> SafeString:
    """The head of a page, for whoever reads it."""
    request, membership = context["request"], context.get("membership")
    user = getattr(request, "user", None)
    person = user if user is not None and user.is_authenticated else None
    shown = Top(
        path=request.path,
        organisation=None if membership is None else _named(membership),
        organisations=() if membership is None else tuple([_named(each) for each in context["memberships"]]),
        unread=context.get("unread") or 0,
        who="" if person is None else str(person),
        initials="" if person is None else person.initials,
    )
    return _top_bar(site(), shown)


def _named(membership: Membership) -> Named:
    return Named(membership.organisation.slug, membership.organisation.name)


@lru_cache(maxsize=512)
def _top_bar(lies: Site, shown: Top) -> SafeString:
    return render_to_string("components/top_bar.html", shown._asdict())


@register.simple_tag
def main_navigation(path: str, organisation: str) -> SafeString:
    """The links of the main navigation, on the page at `path`."""
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
    return _organisation_views(site(), organisation, here)


@lru_cache(maxsize=512)
def _organisation_views(lies: Site, organisation: str, here: str) -> SafeString:
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


@register.simple_tag
def current(path: str, prefix: str, *, exact: bool = False, places: str = "") -> SafeString:
    """The `aria-current` attribute of a link to `prefix`, on the page at `path`: `page` there, `true` below, unless `exact`.

    It is `true` too where the address below the organisation's begins with one of `places`, separated by spaces.
    """
    return _current(path, prefix, exact, places)


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
