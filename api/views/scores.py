"""A system's score at an instant, and over time."""

from __future__ import annotations

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.base import ApiView
from api.documents import instant, operation
from api.queries import Query
from api.resources import scores as resource
from scores.reading import full_score, history, known_since


class SystemScore(ApiView):
    scopes = {"GET": Scope.READ}

    @operation(
        "Read a system's score",
        tag="scores",
        answers={HTTPStatus.OK: "Score"},
        parameters=[instant("at", "Any instant, the future included; default: now.")],
    )
    def get(self, request: Request, slug: str) -> Response:
        """With its categories and tests, as of any instant: the future shows what lapses when."""
        system = self.system(slug)
        query = Query(request._request)
        at = query.instant("at") or self.now
        query.check()
        return Response(resource.show_score(system, full_score(system, at)))


class SystemHistory(ApiView):
    scopes = {"GET": Scope.READ}

    @operation(
        "Read a system's history",
        tag="scores",
        answers={HTTPStatus.OK: "History"},
        parameters=[instant("start", "Default: the first fact."), instant("end", "Default: now.")],
    )
    def get(self, request: Request, slug: str) -> Response:
        """The score as a step function: the state at `start`, then each instant at which something changes."""
        system = self.system(slug)
        query = Query(request._request)
        start, end = query.instant("start"), query.instant("end") or self.now
        if start is not None and start > end and not query.faults:
            query.refuse("start", "It lies after the end.")
        query.check()
        if start is None:
            start = min(known_since(system) or end, end)
        return Response({"points": [resource.show_point(point) for point in history(system, start, end)]})
