"""The badge itself: open to whoever has its key, the same for everybody, and cached for a few minutes."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from assessments.models import Badge
from dashboards.badge.face import HEIGHT, INK, LABEL, MAX_AGE, PADDING, document, face
from scores.brief import Brief, brief


@require_safe
def svg(request: HttpRequest, key: str) -> HttpResponse:
    """The badge as a picture."""

    def draw(system: str, short: Brief) -> str:
        context = {"face": face(system, short), "label": LABEL, "height": HEIGHT, "padding": PADDING, "ink": INK}
        return render_to_string("dashboards/badge.svg", context)

    return _answer(request, key, "image/svg+xml; charset=utf-8", draw)


@require_safe
def as_json(request: HttpRequest, key: str) -> HttpResponse:
    """The badge as data, for shields.io and for dashboards on other sites."""

    def write(system: str, short: Brief) -> str:
        return json.dumps(document(system, short, face(system, short)), ensure_ascii=False)

    return _answer(request, key, "application/json", write)


def _answer(request: HttpRequest, key: str, content_type: str, body_of: Callable[[str, Brief], str]) -> HttpResponse:
    badge = Badge.objects.select_related("system__organisation").filter(key=key.replace("\0", ""), on=True).first()
    if badge is None:
        # One that is off looks like one that never was; neither is kept, so that turning it on shows at once.
        response = HttpResponse("There is no such badge.\n", status=404, content_type="text/plain; charset=utf-8")
        response["Cache-Control"] = "no-store"
    else:
        response = _cached(request, body_of(badge.system.name, brief(badge.system, timezone.now())), content_type)
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _cached(request: HttpRequest, body: str, content_type: str) -> HttpResponse:
    """The body with its validator, or a 304 where the reader has it already."""
    response = HttpResponse(body, content_type=content_type)
    response["ETag"] = f'"{sha256(response.content).hexdigest()[:32]}"'
    response["Cache-Control"] = f"public, max-age={MAX_AGE}"
    response["Vary"] = "Accept-Encoding"  # a proxy in front may compress it
    return cast(HttpResponse, get_conditional_response(request, etag=response["ETag"], response=response))
