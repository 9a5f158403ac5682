"""Forwarded headers, believed only from the proxies that TRUSTED_PROXIES names."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT")


def is_trusted(address: str) -> bool:
    """Whether `address` is an IP address within one of the trusted networks."""
    if not settings.TRUSTED_PROXIES:
        return False
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in settings.TRUSTED_PROXIES)


def client_address(peer: str, forwarded_for: str) -> str:
    """The address of the client: the last one in the chain that is not a trusted proxy's.

    Each proxy appends the address that it was called from, so whatever stands left of the first untrusted one, read
    from the right, was written by the client and may be forged.
    """
    address = peer
    for hop in reversed([part.strip() for part in forwarded_for.split(",")]):
        try:
            address = str(ipaddress.ip_address(hop))
        except ValueError:
            return address
        if not is_trusted(address):
            return address
    return address


class TrustedProxies:
    """Puts a trusted proxy's word for client, scheme and host in their places, and drops everyone else's.

    Behind it, `REMOTE_ADDR`, `request.scheme` and `request.get_host()` are true, and no forwarded header remains.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        forwarded = {name: meta.pop(name, "") for name in FORWARDED}
        meta.pop("HTTP_FORWARDED", None)
        peer = meta.get("REMOTE_ADDR", "")
        if is_trusted(peer):
            meta["REMOTE_ADDR"] = client_address(peer, forwarded["HTTP_X_FORWARDED_FOR"])
            scheme = forwarded["HTTP_X_FORWARDED_PROTO"].split(",")[-1].strip().lower()
            if scheme in ("http", "https"):
                meta["wsgi.url_scheme"] = scheme
            host = forwarded["HTTP_X_FORWARDED_HOST"].split(",")[-1].strip()
            if host:
                meta["HTTP_HOST"] = host
        return self.get_response(request)
