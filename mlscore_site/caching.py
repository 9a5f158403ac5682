"""The cache in Redis, which all server processes share; while Redis is away, each has its own in memory, and requests go on.

What is kept in it is only what may be forgotten: issuers' keys and how often somebody tried to sign in. Sessions are not.
"""

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

from api.counting import redis_answers, redis_failed


def _asking(name: str) -> Callable[..., Any]:
    """The method of this name: Redis's, or else memory's."""

    def ask(self: "SharedCache", *values: Any, **named: Any) -> Any:
        if redis_answers():
            try:
                return getattr(super(SharedCache, self), name)(*values, **named)
            except (RedisError, OSError) as error:
                redis_failed(error)
        return getattr(self.here, name)(*values, **named)

    return ask


class SharedCache(RedisCache):
    """Redis, with this process's memory behind it."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.here = LocMemCache("while Redis is away", {})

    add, get, set, touch, delete = (_asking(name) for name in ("add", "get", "set", "touch", "delete"))
    has_key, incr, clear = (_asking(name) for name in ("has_key", "incr", "clear"))
    get_many, set_many, delete_many = (_asking(name) for name in ("get_many", "set_many", "delete_many"))
