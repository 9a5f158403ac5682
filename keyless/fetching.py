"""Reading a document of an issuer: from where it may be read alone, without redirects, within bounds of time and size."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from django.conf import settings

from accounts import outgoing

LARGEST = 256 * 1024
# Compressed answers are not asked for, so that a small one stays small.
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "mlscore"}
OK = 200


class Unreachable(Exception):
    """The document could not be read; the message says why, for the log and the binding's owner."""


def is_local(address: str) -> bool:
    """Whether the operator named this address's origin: it may use http, and lie in a private network."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower() in settings.KEYLESS_LOCAL_ISSUERS


def read_document(address: str) -> dict[str, Any]:
    """The JSON object at this address. Raises Unreachable."""
    try:
        if urlsplit(address).scheme != "https" and not is_local(address):
            raise Unreachable(f"{address} is no https address.")
        answer = outgoing.ask("GET", address, _way(address), headers=HEADERS, most=LARGEST + 1)
        if answer.status != OK:
            raise Unreachable(f"{address} answers {answer.status}.")
        if len(answer.content) > LARGEST:
            raise Unreachable(f"{address} is too large.")
        return _object(answer.content)
    except outgoing.Refused as error:
        raise Unreachable(f"{address}: {error} KEYLESS_LOCAL_ISSUERS would have to name it.") from error
    except outgoing.Unreachable as error:
        raise Unreachable(f"{address}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise Unreachable(f"{address}: {type(error).__name__}") from error


def _way(address: str) -> outgoing.Way:
    """Through the proxy that the environment names for https, unless it excepts the host; the proxy looks up the name."""
    parts = urlsplit(address)
    proxy = None if proxy_bypass(str(parts.hostname)) else getproxies().get("https")
    return outgoing.Way(is_local(address), proxy if parts.scheme == "https" else None)


def _object(body: bytes) -> dict[str, Any]:
    document = json.loads(body)
    if not isinstance(document, dict):
        raise Unreachable("The document is no JSON object.")
    return document
