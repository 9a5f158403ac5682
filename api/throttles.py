"""How often one token may call: so many requests in each second of the clock."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.core.cache import cache

from accounts.models import Token
from api.problems import Problem

KEPT_SECONDS = 10


def count_request(token: Token, now: float) -> None:
    """Count one request at `now`, in seconds since the epoch. Raises Problem (429) for one too many in its second.

    Adding and counting are single steps of the cache, so that requests at the same time are all counted.
    """
    key = f"api-rate:{token.pk}:{int(now)}"
    cache.add(key, 0, KEPT_SECONDS)
    try:
        count = cache.incr(key)
    except ValueError:  # the cache dropped the key in between
        return
    if count > settings.API_RATE:
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"A token may make {settings.API_RATE} requests a second.",
            headers={"Retry-After": "1"},
        )
