"""The keys that an issuer publishes: found by its discovery document, kept, and read again when one is missing."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import jwt
import structlog
from django.core.cache import cache

from keyless.fetching import Unreachable, read_document

FRESH_SECONDS = 3600
KEPT_SECONDS = 24 * 3600
"""An issuer that is away is trusted by the keys it last published for this long."""
RETRY_SECONDS = 10
READINGS = 10
REFRESH_SECONDS = 30
"""So many readings in these seconds are followed by a pause as long, however many tokens bear out no key that is kept."""
DISCOVERY = "/.well-known/openid-configuration"
MOST_KEYS = 100

logger = structlog.get_logger("mlscore.keyless")


def key_of(issuer: str, key_id: str | None, algorithm: str, at: datetime, *, doubted: bool = False) -> jwt.PyJWK | None:
    """The issuer's key of this id, for this algorithm; None when it publishes none. `at` is aware.

    `doubted` asks again though a key is kept, since it did not make the signature: another may bear its id by then.

    Call it for issuers that a binding names alone: it may contact them. Raises Unreachable when its keys cannot be read
    and none are kept.
    """
    name = hashlib.sha256(issuer.encode()).hexdigest()
    kept: dict[str, Any] | None = cache.get(f"keyless-issuer:{name}")
    found = select(kept["keys"], key_id, algorithm) if kept else None
    now = at.timestamp()
    if kept and found and not doubted and now - kept["readings"][-1] < FRESH_SECONDS:
        return found
    if not cache.add(f"keyless-asked:{name}", True, RETRY_SECONDS):
        if kept is None:
            raise Unreachable("Its keys are being read, or could not be read a moment ago.")
        return found
    try:
        keys = read_keys(issuer)
    except Unreachable as error:
        logger.warning("issuer unreachable", issuer=issuer, reason=str(error))
        if found is None:
            raise
        return found
    readings = [each for each in (kept["readings"] if kept else ()) if now - each < REFRESH_SECONDS] + [now]
    cache.set(f"keyless-issuer:{name}", {"keys": keys, "readings": readings}, KEPT_SECONDS)
    if len(readings) < READINGS:
        cache.delete(f"keyless-asked:{name}")
    else:
        cache.set(f"keyless-asked:{name}", True, REFRESH_SECONDS)
    return select(keys, key_id, algorithm)


def read_keys(issuer: str) -> list[dict[str, Any]]:
    """The keys as the issuer publishes them at this moment. Raises Unreachable."""
    discovery = read_document(issuer.rstrip("/") + DISCOVERY)
    address = discovery.get("jwks_uri")
    if discovery.get("issuer") != issuer or not isinstance(address, str):
        raise Unreachable(f"{issuer} does not describe itself as that issuer.")
    keys = read_document(address).get("keys")
    if not isinstance(keys, list):
        raise Unreachable(f"{address} holds no keys.")
    return [key for key in keys[:MOST_KEYS] if isinstance(key, dict)]


def select(keys: list[dict[str, Any]], key_id: str | None, algorithm: str) -> jwt.PyJWK | None:
    """The one key for signatures of this id and algorithm; without an id there must be one only."""
    fitting = []
    for key in keys:
        named = key_id is None or key.get("kid") == key_id
        if named and key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm:
            try:
                fitting.append(jwt.PyJWK(key, algorithm=algorithm))
            except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
                continue  # a key of another kind than the algorithm's
    return fitting[0] if len(fitting) == 1 else None
