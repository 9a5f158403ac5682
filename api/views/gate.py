"""Whether a system may pass, for a pipeline to ask."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.base import ApiView
from api.documents import flag, instant, number, operation
from api.problems import Fault, at_fault
from api.queries import Query
from api.resources import scores as resource
from scores.gate import GateRequest, NoCondition, gate

LOOK_BACK = timedelta(days=30)


class SystemGate(ApiView):
    scopes = {"GET": Scope.READ}

    @operation(
        "Ask the gate",
        tag="scores",
        answers={HTTPStatus.OK: "Gate"},
        parameters=[
            number("min_score", "The least score. Default, when no condition is named: the system's target."),
            number("max_drop", "By how many points the score may have fallen since `since`."),
            instant("since", "What a drop is measured from. Default: 30 days ago."),
            flag("no_failing", "No test may be failing."),
        ],
    )
    def get(self, request: Request, slug: str) -> Response:
        """All named conditions, as of now; equality passes. A failed gate is a 200 too: read `passed`.

        A parameter of another name is at fault: a condition that is misspelt must not pass.
        """
        system = self.system(slug)
        query = Query(request._request)
        query.only("min_score", "max_drop", "since", "no_failing")
        asked = GateRequest(
            min_score=query.number("min_score"),
            max_drop=query.number("max_drop"),
            since=query.instant("since") or self.now - LOOK_BACK,
            no_failing=query.flag("no_failing"),
        )
        query.check()
        try:
            return Response(resource.show_verdict(gate(system, asked, self.now)))
        except NoCondition as error:
            detail = "Name a condition: the system has no target that could stand in."
            raise at_fault([Fault(detail, parameter="min_score")]) from error
