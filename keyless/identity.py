"""A CI's OpenID Connect token: read strictly, and verified by its issuer's key. No clock, no network."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from keyless.models import LONGEST_ISSUER

# Asymmetric ones alone: with HS256 a published key would be a secret that everybody knows.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LONGEST_TOKEN = 16 * 1024
LONGEST_SHOWN = 200
LEEWAY = 60
"""Seconds by which the issuer's clock may differ from ours."""
LATEST = 253_402_300_800
"""The year 10000, in seconds since the epoch."""


class Refused(Exception):
    """The token itself is wrong, whatever is bound; the message says how, for the one who presents it."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A token whose form, times and audience are right. Nothing of it is proven until `is_signed_by`."""

    token: str
    algorithm: str
    key_id: str | None
    issuer: str
    claims: dict[str, Any]

    def is_signed_by(self, key: jwt.PyJWK) -> bool:
        """Whether this key made the signature, by the algorithm that the token names and the key was read for."""
        unchecked = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}
        options: Any = {**unchecked, "enforce_minimum_key_length": True}
        try:
            jwt.decode(self.token, key, algorithms=[self.algorithm], options=options)
        except (jwt.PyJWTError, ValueError, TypeError):
            return False
        return True


def read(token: str, audiences: Collection[str], at: datetime) -> Presented:
    """The token, its signature unchecked. `at` is aware. Raises Refused."""
    try:
        # A header that no UTF-8 can carry must not get as far as the decoder's own encoding.
        whole = jwt.decode_complete(token.encode("ascii"), options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise Refused("This is no JSON Web Token.") from error
    header, claims = whole["header"], whole["payload"]
    algorithm, key_id, issuer = header.get("alg"), header.get("kid"), claims.get("iss")
    if algorithm not in ALGORITHMS:
        raise Refused(f"The token's algorithm is {shown(algorithm)}; it must be one of {', '.join(ALGORITHMS)}.")
    if not isinstance(issuer, str) or not issuer.isprintable() or not 0 < len(issuer) <= LONGEST_ISSUER:
        raise Refused("The token names no issuer.")
    if key_id is not None and not isinstance(key_id, str):
        raise Refused("The token's key id is no text.")
    _check_audience(claims.get("aud"), audiences)
    _check_times(claims, at.timestamp())
    return Presented(token, algorithm, key_id, issuer, claims)


def _check_audience(said: Any, audiences: Collection[str]) -> None:
    named = said if isinstance(said, list) else [said]
    if not any(isinstance(each, str) and each in audiences for each in named):
        raise Refused(f"The token's audience is {shown(said)}; it must be {min(audiences)}.")


def _check_times(claims: dict[str, Any], now: float) -> None:
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if claims.get(name) is not None}
    for name, value in times.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LATEST:
            raise Refused(f"The token's {name} is no instant.")
    if "exp" not in times:
        raise Refused("The token never expires; it must.")
    if times["exp"] + LEEWAY <= now:
        raise Refused("The token has expired.")
    if max(times.get("nbf", 0), times.get("iat", 0)) > now + LEEWAY:
        raise Refused("The token is not valid yet.")


def shown(value: Any) -> str:
    """A claim's value as a person may read it: on one line, and not too long."""
    text = value if isinstance(value, str) else "missing" if value is None else str(value)
    plain = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return plain if len(plain) <= LONGEST_SHOWN else plain[: LONGEST_SHOWN - 1] + "…"
