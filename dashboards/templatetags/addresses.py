"""Django's `url` tag, which remembers what it found: looking for the same few addresses took a third of a page's time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django import template
from django.template import Context
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as url_of_django
from django.urls import NoReverseMatch, URLResolver, get_resolver, get_script_prefix, get_urlconf, reverse
from django.utils.html import escape

register = template.Library()
DOTS = frozenset({".", ".."})
"""Segments of a path that browsers take for steps within it, percent-encoded ones too."""


class Address(URLNode):
    """The tag as Django describes it, for views outside of namespaces whose arguments are positional."""

    def render(self, context: Context) -> str:
        name = self.view_name.resolve(context)
        if self.kwargs or ":" in name:
            return super().render(context)
        try:
            address, escaped = addresses(name, *[argument.resolve(context) for argument in self.args])
        except NoReverseMatch:
            if self.asvar is None:
                raise
            address = escaped = ""
        if self.asvar:
            context[self.asvar] = address
            return ""
        return escaped if context.autoescape else address


def addresses(name: str, *arguments: Any) -> tuple[str, str]:
    """The address of a view, and the same escaped. Raises NoReverseMatch."""
    return _known(site(), name, *arguments)


Site = tuple[URLResolver, str]


def site() -> Site:
    """What the site consists of and where it lies: nothing else decides addresses."""
    return get_resolver(get_urlconf()), get_script_prefix()


@lru_cache(maxsize=8192)
def _known(lies: Site, name: str, *arguments: Any) -> tuple[str, str]:
    address = reverse(name, args=arguments)
    return address, escape(address)


@register.simple_tag
def version_url(organisation: str, system: str, version: str) -> str:
    """The address of a model version's page; a query names the version where browsers would resolve its path."""
    if DOTS.isdisjoint(version.split("/")):
        return addresses("system-model-version", organisation, system, version)[0]
    return f"{addresses('system-model-versions', organisation, system)[0]}?version={quote(version, safe='')}"


@register.tag
def url(parser: Parser, token: Token) -> Address:
    node = url_of_django(parser, token)
    return Address(node.view_name, node.args, node.kwargs, node.asvar)
