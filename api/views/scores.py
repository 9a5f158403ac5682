"""A system's score at an instant, and over time."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.authentication import BriefBearerAuthentication
from api.base import ApiView, checked_text
from api.documents import JSON, instant, operation
from api.problems import not_found
from api.queries import Query
from api.resources import scores as resource
from scores.reading import full_score
from scores.recorded import recorded_of


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
    authentication_classes = [BriefBearerAuthentication]
    scopes = {"GET": Scope.READ}

    @operation(
        "Read a system's history",
        tag="scores",
        answers={HTTPStatus.OK: "History"},
        parameters=[instant("start", "Default: the first fact."), instant("end", "Default: now.")],
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """The score as a step function: the state at `start`, then each instant at which something changes."""
        found = recorded_of(self.token, checked_text(slug))
        if found is None:
            raise not_found()
        query = Query(request._request)
        start, end = query.instant("start"), query.instant("end") or self.now
        if start is not None and start > end and not query.faults:
            query.refuse("start", "It lies after the end.")
        query.check()
        if start is None:
            start = min(found.whole.since or end, end)
        return HttpResponse(resource.write_history(found.whole.over(start, end)), content_type=JSON)
