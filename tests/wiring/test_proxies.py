"""Forwarded headers are believed only from the proxies that TRUSTED_PROXIES names."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from mlscore_site.proxies import FORWARDED, TrustedProxies


def seen(peer: str, **headers: str) -> HttpRequest:
    """The request as what stands behind the middleware sees it."""
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_HOST="localhost", **headers)  # type: ignore[arg-type]
    TrustedProxies(lambda request: HttpResponse())(request)
    assert not {*FORWARDED, "HTTP_FORWARDED"} & set(request.META)
    return request


@pytest.fixture(autouse=True)
def _proxies(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
    settings.ALLOWED_HOSTS = ["localhost", "scores.example"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "6.6.6.6, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "198.51.100.1, rubbish", "10.1.2.3"),
        ("10.1.2.3", "10.4.4.4", "10.4.4.4"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_client_is_the_last_one_that_is_no_trusted_proxy(peer: str, forwarded: str, client: str) -> None:
    assert seen(peer, HTTP_X_FORWARDED_FOR=forwarded).META["REMOTE_ADDR"] == client


def test_a_trusted_proxy_names_scheme_and_host() -> None:
    request = seen("10.1.2.3", HTTP_X_FORWARDED_PROTO="https", HTTP_X_FORWARDED_HOST="scores.example")
    assert (request.scheme, request.get_host(), request.is_secure()) == ("https", "scores.example", True)


def test_nobody_else_does() -> None:
    request = seen("203.0.113.9", HTTP_X_FORWARDED_PROTO="https", HTTP_X_FORWARDED_HOST="scores.example")
    assert (request.scheme, request.get_host(), request.is_secure()) == ("http", "localhost", False)


def test_a_scheme_that_is_none_is_ignored() -> None:
    assert seen("10.1.2.3", HTTP_X_FORWARDED_PROTO="javascript").scheme == "http"
