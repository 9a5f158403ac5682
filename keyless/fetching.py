"""Reading a document of an issuer: from where it may be read alone, without redirects, within bounds of time and size."""

from __future__ import annotations

import ipaddress
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

TIMEOUTS = (3.0, 4.0)
LONGEST = 8.0
LARGEST = 256 * 1024
CHUNK = 64 * 1024


class Unreachable(Exception):
    """The document could not be read; the message says why, for the log and the binding's owner."""


def is_local(address: str) -> bool:
    """Whether the operator named this address's origin: it may use http, and lie in a private network."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower() in settings.KEYLESS_LOCAL_ISSUERS


def read_document(address: str) -> dict[str, Any]:
    """The JSON object at this address. Raises Unreachable."""
    try:
        _check(address)
        return _object(_read(address))
    except (requests.RequestException, OSError, ValueError, RecursionError) as error:
        raise Unreachable(f"{address}: {type(error).__name__}") from error


def _check(address: str) -> None:
    """Raises Unreachable where the server would reach for something that is not the world's to name."""
    parts = urlsplit(address)
    if is_local(address):
        return
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise Unreachable(f"{address} is no https address.")
    if requests.utils.get_environ_proxies(address):
        return  # the operator's proxy decides what may be reached, and looks up the name itself
    found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    if not all(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_global for entry in found):
        raise Unreachable(f"{address} lies in a private network; KEYLESS_LOCAL_ISSUERS would have to name it.")


def _read(address: str) -> bytes:
    # Compressed answers are not asked for, so that a small one stays small.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "mlscore"}
    deadline = time.monotonic() + LONGEST
    with requests.get(address, headers=headers, timeout=TIMEOUTS, stream=True, allow_redirects=False) as answer:
        if answer.status_code != requests.codes.ok:
            raise Unreachable(f"{address} answers {answer.status_code}.")
        body = b""
        while part := answer.raw.read1(CHUNK, decode_content=False):
            body += part
            if len(body) > LARGEST or time.monotonic() > deadline:
                raise Unreachable(f"{address} is too large or too slow.")
        return body


def _object(body: bytes) -> dict[str, Any]:
    document = json.loads(body)
    if not isinstance(document, dict):
        raise Unreachable("The document is no JSON object.")
    return document
