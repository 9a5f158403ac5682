"""Posting to an address that somebody typed: checked when connecting, so that no name can lead into the own network.

The host is resolved here, every address that it has must be a public one, and the connection goes to the address that was
checked. Redirects are not followed, no proxy of the environment is asked, and an answer that takes long is cut off.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

STEP_SECONDS = 5.0
WHOLE_SECONDS = 10.0
MOST_READ = 1024
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """An address that nothing is sent to; the text says why, as a sentence."""


class Unreachable(Exception):
    """The address did not answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver answered, and the beginning of its text."""

    status: int
    text: str


def parsed(url: str) -> SplitResult:
    """The parts of an address that can be posted to. Raises Refused."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("This is no address.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise Refused("The address begins with https:// or http://, and names a host.")
    if parts.username is not None or parts.password is not None:
        raise Refused("The address must not hold a user name or a password.")
    if any(ord(each) <= 32 or ord(each) == 127 for each in url):
        raise Refused("The address must not hold spaces or control characters.")
    return parts


def is_public(address: Address) -> bool:
    """Whether an IP address belongs to the public internet, looking into IPv6 addresses that wrap an IPv4 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        wrapped = [each for each in inner if each is not None]
        if wrapped:
            return all(is_public(each) for each in wrapped)
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The host's addresses, all of them checked. Raises Refused, and Unreachable for a name without any."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"The host {host} was not found.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allow_private and not all(is_public(ipaddress.ip_address(each.partition("%")[0])) for each in addresses):
        raise Refused(f"The host {host} leads into a private or reserved network.")
    return addresses


def post(url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool) -> Answer:
    """Post a body; any status is an answer. Raises Refused and Unreachable."""
    parts = parsed(url)
    host, secure = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    addresses = resolve(host, port, allow_private=allow_private)
    connection = http.client.HTTPConnection(host, port, timeout=STEP_SECONDS)
    watch = None
    try:
        connection.sock = _connected(addresses, port, host if secure else None)
        watch = _watch(connection.sock)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {**headers, "Connection": "close"})
        response = connection.getresponse()
        return Answer(response.status, response.read(MOST_READ).decode(errors="replace"))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(_reason(error)) from error
    finally:
        if watch is not None:
            watch.cancel()
        connection.close()


def _connected(addresses: list[str], port: int, server_name: str | None) -> socket.socket:
    """A socket to the first address that takes one, with TLS for `server_name` where it is given."""
    plain = None
    for address in addresses:
        try:
            plain = socket.create_connection((address, port), timeout=STEP_SECONDS)
            break
        except OSError:
            if address == addresses[-1]:
                raise
    assert plain is not None  # noqa: S101 - resolve answers at least one address, and the last one raises
    if server_name is None:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=server_name)
    except BaseException:
        plain.close()
        raise


def _watch(sock: socket.socket) -> threading.Timer:
    """Ends a conversation that takes too long, whatever little comes in time; started, to be cancelled."""

    def cut_off() -> None:
        # It may have ended by itself.
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(WHOLE_SECONDS, cut_off)
    timer.daemon = True
    timer.start()
    return timer


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "The host did not answer in time."
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    return f"{type(error).__name__}: {error}".rstrip(": ")
