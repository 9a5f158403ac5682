"""What wraps every request: its id, its log line, its metrics, and the headers that Django has no setting for."""

import re
import secrets
import time
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus

import structlog
from csp.constants import HEADER as CONTENT_SECURITY_POLICY
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import ResolverMatch, resolve

from mlscore_site import logs, metrics

Handler = Callable[[HttpRequest], HttpResponse]
API = "/api/"
FOR_DEVELOPERS = (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestLog:
    """Binds a request id (the client's, if it looks like one), answers with it, and logs and counts the request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - started
        response["X-Request-ID"] = request_id
        match = request.resolver_match
        metrics.observe(request.method or "", match.route if match else "", response.status_code, seconds)
        logs.tell(
            "mlscore.request",
            "request",
            request_id=request_id,
            method=request.method,
            path=_without_secret(request),
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            client=request.META.get("REMOTE_ADDR"),
        )
        return response


def _without_secret(request: HttpRequest) -> str:
    """The path, but for a secret in it: whoever reads the log must not be let in by it."""
    match = request.resolver_match
    secret = match.kwargs.get("secret") if match else None
    return request.path.replace(secret, "…") if secret else request.path


class SecurityHeaders:
    """Sends the policies of content and permissions, and keeps pages of signed-in people out of shared caches.

    The policy of content is the same for all answers, and written out once: django-csp's own middleware does so twice for
    each. Django's pages for developers, which DEBUG alone shows, do without.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.policy = build_policy()
        self.permissions = settings.PERMISSIONS_POLICY
        self.static = settings.STATIC_URL

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (response.status_code in FOR_DEVELOPERS and settings.DEBUG):
            response.headers.setdefault(CONTENT_SECURITY_POLICY, self.policy)
        response.headers.setdefault("Permissions-Policy", self.permissions)
        if not request.path.startswith(self.static):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class ApiShortcut:
    """Hands requests to the API to their view from here; the middlewares behind serve browsers alone."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(API):
            return self.get_response(request)
        request.resolver_match = match = _resolved(request.path_info, settings.ROOT_URLCONF)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response.render() if isinstance(response, SimpleTemplateResponse) else response


@lru_cache(maxsize=512)
def _resolved(path: str, urlconf: str) -> ResolverMatch:
    """What an address leads to, which most clients ask for again and again. Raises Resolver404."""
    return resolve(path, urlconf)
