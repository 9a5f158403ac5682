"""Whether the process is up, and whether what it needs can be reached."""

from collections.abc import Callable

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = structlog.get_logger("mlscore.health")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200: this process answers requests."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database and, where one is set, the broker answer; else 503. The body says which did."""
    checks = {"database": answers(ask_database)}
    if settings.REDIS_URL:
        checks["broker"] = answers(ask_broker)
    ready = all(checks.values())
    body = {"status": "ready" if ready else "unavailable"}
    body |= {name: "ok" if ok else "unreachable" for name, ok in checks.items()}
    return JsonResponse(body, status=200 if ready else 503)


def answers(ask: Callable[[], None]) -> bool:
    """Whether `ask` comes back without a failure of the service that it asks; why not goes to the log alone."""
    try:
        ask()
    except (DatabaseError, redis.RedisError, OSError) as error:
        logger.warning("not ready", check=ask.__name__, error=str(error))
        return False
    return True


def ask_database() -> None:
    """Have the database answer a query that needs the schema to be there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM django_migrations")
        cursor.fetchone()


def ask_broker() -> None:
    """Have Redis answer a ping within two seconds."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
        client.ping()
