"""How often one token may call, and one address may ask for a token: so many in each second or minute of the clock."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings

from accounts.models import Token
from api.counting import count
from api.problems import Problem

KEPT_SECONDS = 10


def count_request(token: Token, now: float) -> None:
    """Count one request at `now`, in seconds since the epoch. Raises Problem (429) for one too many in its second."""
    if count(f"api-rate:{token.id}:{int(now)}", KEPT_SECONDS) > settings.API_RATE:
        raise _too_many(f"A token may make {settings.API_RATE} requests a second.", 1)


def count_exchange(address: str, now: float) -> None:
    """Count one request for a token in exchange, by its network address. Raises Problem (429) for one too many in its minute.

    Whoever asks shows no token of ours yet, so that nothing else tells them apart.
    """
    seconds = seconds_over("exchange-rate", address, settings.EXCHANGE_RATE, now)
    if seconds:
        raise _too_many(f"One address may ask for {settings.EXCHANGE_RATE} tokens a minute.", seconds)


def seconds_over(name: str, address: str, most: int, now: float) -> int:
    """Count one request by its network address: 0 while it is one of `most` in its minute, else for how long to wait.

    `name` keeps what is counted apart, `now` is in seconds since the epoch.
    """
    minute, second = divmod(int(now), 60)
    return 60 - second if count(f"{name}:{address}:{minute}", 2 * 60) > most else 0


def _too_many(detail: str, seconds: int) -> Problem:
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers={"Retry-After": str(seconds)})
