"""A system's score at an instant, and over time."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope, Token
from api.authentication import BriefBearerAuthentication
from api.base import ApiView, checked_text
from api.documents import JSON, instant, operation
from api.problems import not_found
from api.queries import Query
from api.resources import scores as resource
from scores.evidence_of import newest_by_name
from scores.recorded import Recorded, recorded_of
from scores.whole_histories import explained_at


class SystemScore(ApiView):
    authentication_classes = [BriefBearerAuthentication]
    scopes = {"GET": Scope.READ}

    @operation(
        "Read a system's score",
        tag="scores",
        answers={HTTPStatus.OK: "Score"},
        parameters=[instant("at", "Any instant, the future included; default: now.")],
    )
    def get(self, request: Request, slug: str) -> Response:
        """With its categories and tests, as of any instant: the future shows what lapses when."""
        found = _recorded(self.token, slug)
        query = Query(request._request)
        at = query.instant("at") or self.now
        query.check()
        newest = list(newest_by_name(found.pk, at).values())
        return Response(resource.show_score(found.slug, explained_at(found.pk, found.rules, found.whole, at, newest)))


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
        found = _recorded(self.token, slug)
        query = Query(request._request)
        start, end = query.instant("start"), query.instant("end") or self.now
        if start is not None and start > end and not query.faults:
            query.refuse("start", "It lies after the end.")
        query.check()
        if start is None:
            start = min(found.whole.since or end, end)
        return HttpResponse(resource.write_history(found.whole.over(start, end)), content_type=JSON)


def _recorded(token: Token, slug: str) -> Recorded:
    """What is recorded of the system of this slug. Raises Problem (404) if the token sees none."""
    found = recorded_of(token, checked_text(slug))
    if found is None:
        raise not_found()
    return found
