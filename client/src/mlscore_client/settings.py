"""Where the server is and how patiently it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, TypeVar
from urllib.parse import urlsplit

from mlscore_client.errors import Misconfigured
from mlscore_client.identity import Identity, advice, identity_of

Number = TypeVar("Number", int, float)

TIMEOUT = 10.0
RETRIES = 4


@dataclass(frozen=True)
class Settings:
    """`timeout` is in seconds, for one attempt; `retries` are the attempts after the first.

    Without a `token`, `identity` says how to come by one.
    """

    url: str
    token: str
    system: str | None = None
    spool: Path | None = None
    timeout: float = TIMEOUT
    retries: int = RETRIES
    identity: Identity | None = None


def read_settings(
    environ: Mapping[str, str],
    *,
    url: str | None = None,
    token: str | None = None,
    system: str | None = None,
    spool: str | None = None,
    timeout: float | None = None,
    retries: int | None = None,
) -> Settings:
    """The settings given, else those of MLSCORE_URL, MLSCORE_TOKEN (or the CI's own token), MLSCORE_SYSTEM, MLSCORE_SPOOL,
    MLSCORE_TIMEOUT and MLSCORE_RETRIES. Raises Misconfigured when an address or a token is missing or cannot be one."""
    address = (url or environ.get("MLSCORE_URL", "")).strip().rstrip("/")
    secret = (token or environ.get("MLSCORE_TOKEN", "")).strip()
    if not address:
        raise Misconfigured(
            "MLSCORE_URL is not set: the address of the MLScore server, such as https://mlscore.example.org"
        )
    address = address[: -len("/api/v1")] if address.endswith("/api/v1") else address
    identity = None if secret else identity_of(environ, address)
    if not secret and identity is None:
        raise Misconfigured(
            "MLSCORE_TOKEN is not set: a token with the scope results:write (read, for gate, score and plan)"
            + advice(environ)
        )
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise Misconfigured("MLSCORE_TOKEN is no token: it holds characters that no token has")
    if not is_web_address(address):
        raise Misconfigured(f"MLSCORE_URL must start with http:// or https:// and name a host: {address!r}")
    directory = spool or environ.get("MLSCORE_SPOOL")
    return Settings(
        url=address,
        token=secret,
        system=system or environ.get("MLSCORE_SYSTEM") or None,
        spool=Path(directory) if directory else None,
        timeout=_seconds(environ, timeout),
        retries=_number(environ, "MLSCORE_RETRIES", int, RETRIES) if retries is None else retries,
        identity=identity,
    )


def is_web_address(address: str) -> bool:
    """Whether requests can be sent to it."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        return False
    return bool(parts.scheme in ("http", "https") and host and parts.path.isascii() and " " not in address)


def _seconds(environ: Mapping[str, str], given: float | None) -> float:
    """How long to wait for one answer. Raises Misconfigured for no time at all."""
    seconds = _number(environ, "MLSCORE_TIMEOUT", float, TIMEOUT) if given is None else given
    if not 0 < seconds < 3600:
        raise Misconfigured(f"The timeout must lie between 0 and 3600 seconds: {seconds:g}")
    return seconds


def strict(environ: Mapping[str, str]) -> bool:
    """Whether MLSCORE_STRICT makes an outage a failure."""
    return environ.get("MLSCORE_STRICT", "").lower() in ("1", "true", "yes")


def _number(environ: Mapping[str, str], name: str, kind: Callable[[str], Number], default: Number) -> Number:
    try:
        value = kind(environ.get(name) or str(default))
    except ValueError:
        raise Misconfigured(f"{name} is no number: {environ[name]!r}") from None
    if not 0 <= value < 3600:
        raise Misconfigured(f"{name} must lie between 0 and 3600: {environ[name]!r}")
    return value
