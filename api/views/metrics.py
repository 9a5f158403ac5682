"""Scores for Prometheus. The installation's own metrics are those of `/metrics`, by another token."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from accounts.models import Scope
from api.base import ApiView
from api.documents import operation
from api.resources.gauges import exposition
from assessments.models import System
from scores.gauges import gauges


class OwnFormat(BaseContentNegotiation):
    """For what has one form alone and is asked for by tools with lists of their own: every Accept header will do."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> None:
        return None

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class ScoreMetrics(ApiView):
    scopes = {"GET": Scope.READ}
    content_negotiation_class = OwnFormat

    @operation("Scores for Prometheus", tag="scores", media=["text/plain"])
    def get(self, request: Request) -> HttpResponse:
        """Each system's figures at present, in Prometheus's text format; with a bound token those of its system."""
        systems = list(System.objects.visible_to(self.token).select_related("organisation", "team"))
        return HttpResponse(exposition(gauges(systems, self.now)), content_type=CONTENT_TYPE_LATEST)
