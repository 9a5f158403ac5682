"""Asking an address that somebody typed: checked when connecting, so that no name can lead into the own network.

The host is resolved here, every address that it has must be a public one, and the connection goes to the address that was
checked. Redirects are not followed, and an answer that takes long is cut off.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

STEP_SECONDS = 5.0
WHOLE_SECONDS = 10.0
MOST_READ = 1024
MOST_TRIED = 4
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """An address that nothing is sent to; the text says why, as a sentence."""


class Unreachable(Exception):
    """The address did not answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the status, and the beginning of the body."""

    status: int
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


def parsed(url: str) -> SplitResult:
    """The parts of an address that can be asked. Raises Refused."""
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


@dataclass(frozen=True, slots=True)
class Way:
    """How an address is reached: by those that its host has, or through the operator's proxy, which then judges them."""

    allow_private: bool = False
    proxy: str | None = None


def ask(
    method: str, url: str, way: Way, *, headers: Mapping[str, str], body: bytes | None = None, most: int = MOST_READ
) -> Answer:
    """One request; any status is an answer, of which `most` bytes are read. Raises Refused and Unreachable."""
    parts = parsed(url)
    secure = parts.scheme == "https"
    usual = 443 if secure else 80
    port = parts.port or usual
    connection = http.client.HTTPConnection(str(parts.hostname), port)
    connection.default_port = usual  # which the Host header leaves out
    watch = None
    try:
        connection.sock = _opened(parts, port, way)
        if secure:
            # The handshake comes later, so that the watch ends a slow one too.
            connection.sock = ssl.create_default_context().wrap_socket(
                connection.sock, server_hostname=parts.hostname, do_handshake_on_connect=False
            )
        watch = _watch(connection.sock)
        if isinstance(connection.sock, ssl.SSLSocket):
            connection.sock.do_handshake()
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, {**headers, "Connection": "close"})
        response = connection.getresponse()
        return Answer(response.status, response.read(most))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(_reason(error)) from error
    finally:
        if watch is not None:
            watch.cancel()
        connection.close()


def _opened(parts: SplitResult, port: int, way: Way) -> socket.socket:
    """A connection to the host, of checked addresses or through the proxy."""
    host = str(parts.hostname)
    if way.proxy is None:
        return _connected(resolve(host, port, allow_private=way.allow_private), port)
    proxy = urlsplit(way.proxy)
    proxy_port = proxy.port or 80
    opened = _connected(resolve(str(proxy.hostname), proxy_port, allow_private=True), proxy_port)
    try:
        _tunnel(opened, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", proxy)
    except BaseException:
        opened.close()
        raise
    return opened


def _connected(addresses: list[str], port: int) -> socket.socket:
    """A socket to the first of the addresses that takes one."""
    tried = addresses[:MOST_TRIED]
    for address in tried[:-1]:
        with suppress(OSError):
            return socket.create_connection((address, port), timeout=STEP_SECONDS)
    return socket.create_connection((tried[-1], port), timeout=STEP_SECONDS)


def _tunnel(opened: socket.socket, target: str, proxy: SplitResult) -> None:
    """Have the proxy connect to the target. Raises OSError when it doesn't."""
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.username is not None:
        said = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(said.encode()).decode()}")
    opened.sendall("\r\n".join([*lines, "", ""]).encode())
    response = http.client.HTTPResponse(opened, method="CONNECT")
    response.begin()
    if response.status != http.client.OK:
        raise OSError(f"The proxy answers {response.status}.")


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
