"""Parts of addresses that Django has no converter for. Import this module where a route names one of them."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import StringConverter


class AnyTextConverter(StringConverter):
    """Any text that a pipeline may have posted, slashes and line breaks included: `<anytext:name>`."""

    regex = r"[\s\S]+"


register_converter(AnyTextConverter, "anytext")
