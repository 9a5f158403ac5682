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
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from assessments.models import Badge
from dashboards.badge import chart
from dashboards.badge.face import HEIGHT, INK, LABEL, MAX_AGE, PADDING, document, face
from rubric.timeline import Point
from scores.brief import Brief, brief
from scores.reading import first_fact_at, history

SVG = "image/svg+xml; charset=utf-8"


@require_safe
def svg(request: HttpRequest, key: str) -> HttpResponse:
    """The badge as a picture."""

    def draw(system: str, short: Brief) -> str:
        context = {"face": face(system, short), "label": LABEL, "height": HEIGHT, "padding": PADDING, "ink": INK}
        return render_to_string("dashboards/badge.svg", context)

    return _answer(request, key, SVG, draw)


@require_safe
def as_json(request: HttpRequest, key: str) -> HttpResponse:
    """The badge as data, for shields.io and for dashboards on other sites."""

    def write(system: str, short: Brief) -> str:
        return json.dumps(document(system, short, face(system, short)), ensure_ascii=False)

    return _answer(request, key, "application/json", write)


@require_safe
@xframe_options_exempt
def chart_svg(request: HttpRequest, key: str) -> HttpResponse:
    """The last year of the score as a picture, where the badge shows it; other sites may frame it."""
    badge = _badge(key)
    if badge is None or not badge.chart:
        return _shared(_nothing())
    now = timezone.now()
    system = badge.system
    short = brief(system, now)
    rubric, points = None, list[Point]()
    if short.score is not None:
        rubric = short.score.rubric
        points = history(system, max(first_fact_at(system) or now, now - chart.SHOWN), now)
    drawn = chart.drawing(system.name, face(system.name, short), rubric, points, system.first_run_at, now)
    context = {
        "drawing": drawn,
        "style": SafeString(chart.STYLE),
        "width": chart.WIDTH,
        "height": chart.HEIGHT,
        "left": chart.LEFT,
        "plot_width": chart.PLOT_WIDTH,
        "plot_right": chart.LEFT + chart.PLOT_WIDTH,
        "tick_x": chart.LEFT - 6,
        "tick_y": chart.HEIGHT - 12,
        "label_x": chart.LEFT + chart.PLOT_WIDTH + 8,
    }
    response = _cached(request, render_to_string("dashboards/badge_chart.svg", context), SVG)
    response["Content-Security-Policy"] = chart.POLICY
    return _shared(response)


def _badge(key: str) -> Badge | None:
    """The badge of this key, with its system, while it is on."""
    return Badge.objects.select_related("system__organisation").filter(key=key.replace("\0", ""), on=True).first()


def _nothing() -> HttpResponse:
    """One that is off looks like one that never was; neither is kept, so that turning it on shows at once."""
    response = HttpResponse("There is no such badge.\n", status=404, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


def _answer(request: HttpRequest, key: str, content_type: str, body_of: Callable[[str, Brief], str]) -> HttpResponse:
    badge = _badge(key)
    if badge is None:
        return _shared(_nothing())
    return _shared(_cached(request, body_of(badge.system.name, brief(badge.system, timezone.now())), content_type))


def _shared(response: HttpResponse) -> HttpResponse:
    """Open to scripts and pages of any site."""
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
