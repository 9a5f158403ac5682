"""Counting what many requests do, in Redis for all server processes, else in the memory of this one.

Whatever happens to Redis, requests go on: while it is away each process counts for itself, and asks again after a moment.
"""

from __future__ import annotations

import threading
import time

import structlog
from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from redis import ConnectionPool, RedisError
from redis.backoff import NoBackoff
from redis.connection import ConnectionInterface
from redis.retry import Retry

LONGEST_WAIT = 1.0
ASKED_AGAIN_AFTER = 5.0
logger = structlog.get_logger("mlscore.counting")


class _Kept(threading.local):
    """A thread's own connection: taking one from a pool costs more than counting does."""

    url = ""
    connection: ConnectionInterface


_kept = _Kept()
_here = LocMemCache("", {})
_away_until = 0.0


def count(key: str, kept_seconds: int) -> int:
    """How often this key was counted, this time included; a key is forgotten after so many seconds.

    Counting is a single step, so that requests at the same time are all counted.
    """
    if redis_answers():
        try:
            return _in_redis(key, kept_seconds)
        except (RedisError, OSError) as error:
            redis_failed(error)
    _here.add(key, 0, kept_seconds)
    try:
        return _here.incr(key)
    except ValueError:  # the cache dropped the key in between
        return 1


def redis_answers() -> bool:
    """Whether there is a Redis, and it is worth asking: not within a moment of a failure."""
    return bool(settings.REDIS_URL) and time.monotonic() >= _away_until


def redis_failed(error: Exception) -> None:
    """Leave Redis alone for a moment, and say why."""
    global _away_until
    _away_until = time.monotonic() + ASKED_AGAIN_AFTER
    logger.warning("Redis is away; each process remembers and counts for itself", error=str(error))


def _in_redis(key: str, kept_seconds: int) -> int:
    """The same in Redis. Raises RedisError or OSError."""
    connection, name = _connection(settings.REDIS_URL), key.encode()
    try:
        counted = int(_ask(connection, b"INCR", name))
    except (RedisError, OSError):  # Redis ends idle connections, and all when it restarts
        counted = int(_ask(connection, b"INCR", name))
    if counted == 1:
        _ask(connection, b"EXPIRE", name, b"%d" % kept_seconds)
    return counted


def _connection(url: str) -> ConnectionInterface:
    if _kept.url != url:
        pool = ConnectionPool.from_url(
            url, retry=Retry(NoBackoff(), 0), socket_timeout=LONGEST_WAIT, socket_connect_timeout=LONGEST_WAIT
        )
        _kept.connection, _kept.url = pool.make_connection(), url
    return _kept.connection


def _ask(connection: ConnectionInterface, *command: bytes) -> int | str | bytes:
    # As the protocol has it; the client, which takes words of any kind and length, is longer about it.
    words = b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in command])
    connection.send_packed_command([b"*%d\r\n%b" % (len(command), words)], check_health=False)  # type: ignore[no-untyped-call]
    answer: int | str | bytes = connection.read_response()
    return answer
