"""Scores for Prometheus. The installation's own metrics are those of `/metrics`, by another token."""

from __future__ import annotations

from django.http import HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST
from rest_framework.request import Request

from accounts.models import Scope
from api.base import ApiView, OwnFormat
from api.documents import operation
from api.resources.gauges import exposition
from assessments.entries import entries_of
from scores.gauges import gauges


class ScoreMetrics(ApiView):
    scopes = {"GET": Scope.READ}
    content_negotiation_class = OwnFormat

    @operation("Scores for Prometheus", tag="scores", media=["text/plain"])
    def get(self, request: Request) -> HttpResponse:
        """Each system's figures at present, in Prometheus's text format; with a bound token those of its system."""
        rows = gauges(entries_of(self.token), self.now)
        return HttpResponse(exposition(rows, self.now), content_type=CONTENT_TYPE_LATEST)
