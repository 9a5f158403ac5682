"""One request to the server and its answer, with patience: back-off with jitter on 429, 5xx and lost connections.

Asking again is safe because the API is idempotent: what was stored although its answer got lost comes back as a duplicate.
"""

from __future__ import annotations

import http.client
import json
import random
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timezone
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import IO, Any, Callable

from mlscore_client.errors import Misconfigured, Refused, Unavailable
from mlscore_client.requests import JSON_TYPE, Request
from mlscore_client.settings import Settings

FIRST_DELAY = 0.5
LONGEST_DELAY = 16.0
LONGEST_WAIT = 60.0
"""A server that asks for more patience than these seconds (`Retry-After`) counts as away."""
PASSING = frozenset({408, 425, 429})
"""The 4xx answers that speak of the moment and not of the request."""


EXCHANGE = "/api/v1/token/exchange"
REUSED_SECONDS = 10 * 60


class _Failure(Exception):
    """One attempt came to nothing; `retry_after` is what the server asked for, in seconds."""

    def __init__(self, reason: str, *, retry_after: float | None = None, hopeless: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.hopeless = hopeless


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A followed redirect would turn a POST into a GET, and take the token to another host."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        raise Misconfigured(f"The server redirects to {newurl}: set MLSCORE_URL to the address that answers itself")


class Transport:
    """Sends requests to one server with one token; proxies as the environment names them (HTTPS_PROXY, NO_PROXY)."""

    def __init__(self, settings: Settings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.settings = settings
        self._sleep = sleep
        self._exchanged: tuple[str, float] | None = None
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, request: Request, *, retries: int | None = None) -> Any:
        """The JSON that the server answers. `retries` as the settings say unless given.

        Raises Refused for a 4xx, Unavailable when no attempt got a usable answer, Misconfigured for a redirect.
        """
        left = self.settings.retries if retries is None else retries
        delay = FIRST_DELAY
        while True:
            try:
                return self._attempt(request)
            except _Failure as failure:
                if left <= 0 or failure.hopeless or (failure.retry_after or 0) > LONGEST_WAIT:
                    raise Unavailable(f"{self.settings.url} did not answer: {failure}") from failure
                # Jitter keeps the shards of a matrix from coming back all at once.
                self._sleep((failure.retry_after or 0) + random.uniform(delay / 2, delay))  # noqa: S311
            left -= 1
            delay = min(delay * 2, LONGEST_DELAY)

    def _attempt(self, request: Request) -> Any:
        headers = {"Content-Type": request.content_type} if request.method != "GET" else {}
        body = request.body if request.method != "GET" else None
        # The settings admit no other schemes than http and https.
        return self._ask(self.settings.url + request.target, self._token(), body, headers, request.method)

    def _token(self) -> str:
        """The token of the settings, else one in exchange for the CI's: kept for most of its 15 minutes.

        It is asked for inside an attempt, so that an outage of whoever gives it is met with the same patience.
        """
        identity = self.settings.identity
        if self.settings.token or identity is None:
            return self.settings.token
        if self._exchanged is None or time.monotonic() >= self._exchanged[1]:
            until = time.monotonic() + REUSED_SECONDS
            shown = identity.token or _member(self._ask(identity.url, identity.secret), "value")
            asked = {"token": shown, "organisation": identity.organisation, "system": self.settings.system}
            body = json.dumps(asked).encode()
            answer = self._ask(f"{self.settings.url}{EXCHANGE}", "", body, {"Content-Type": JSON_TYPE}, "POST")
            self._exchanged = _member(answer, "token"), until
        return self._exchanged[0]

    def _ask(
        self,
        url: str,
        token: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> Any:
        """One exchange of messages; the token, if there is one, goes along. Raises _Failure, Refused, Misconfigured."""
        whole = {"Accept": "application/json, application/problem+json", "User-Agent": "mlscore-client"}
        whole.update(headers or {})
        if token:
            whole["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(url, data=body, headers=whole, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=self.settings.timeout) as answer:
                return _json(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise _judged(error) from error
        except urllib.error.URLError as error:
            hopeless = isinstance(error.reason, ssl.SSLCertVerificationError)
            raise _Failure(str(error.reason), hopeless=hopeless) from error
        except (OSError, http.client.HTTPException) as error:
            raise _Failure(str(error) or type(error).__name__) from error


def _judged(error: urllib.error.HTTPError) -> Exception:
    """What an answer other than 2xx means: that the request is refused, or that it is worth another attempt."""
    try:
        text = error.read()
    except (OSError, http.client.HTTPException):
        text = b""
    if error.code >= 500 or error.code in PASSING:
        return _Failure(f"status {error.code}", retry_after=_retry_after(error.headers))
    try:
        problem = json.loads(text)
    except ValueError:
        problem = None
    return Refused(error.code, problem if isinstance(problem, dict) else {"title": error.reason})


def _retry_after(headers: Message) -> float | None:
    """Seconds until the server wants to be asked again: given as such, or as a date. None without a usable value."""
    value = headers.get("Retry-After")
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return max(0.0, (aware - datetime.now(timezone.utc)).total_seconds())


def _json(text: bytes) -> Any:
    """The answer's JSON. What is none comes from something between here and the server, such as a login page."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise _Failure("its answer is no JSON") from error


def _member(answer: Any, name: str) -> str:
    """The text of this name in an answer that bears a token."""
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise _Failure("its answer holds no token")
    return value
