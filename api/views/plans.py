"""The cheapest way to a score."""

from __future__ import annotations

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.base import ApiView
from api.documents import number, operation
from api.problems import Fault, at_fault
from api.queries import Query
from api.resources.plans import show_plan
from rubric.planning import Unreachable
from scores.plan import NoTarget, position_of, target_of


class SystemPlan(ApiView):
    scopes = {"GET": Scope.READ}

    @operation(
        "Plan the way to a score",
        tag="scores",
        answers={HTTPStatus.OK: "Plan"},
        parameters=[number("target", "The score to reach. Default: the system's target.")],
    )
    def get(self, request: Request, slug: str) -> Response:
        """The cheapest steps, in the order to take them, from how the system stands now; none when it is reached already."""
        system = self.system(slug)
        query = Query(request._request)
        asked = query.number("target")
        query.check()
        position = position_of(system, self.now)
        try:
            return Response(show_plan(position, position.plan(target_of(system, asked))))
        except NoTarget as error:
            detail = "Name a target: the system has none that could stand in."
            raise at_fault([Fault(detail, parameter="target")]) from error
        except Unreachable as error:
            raise at_fault([Fault(str(error), parameter="target")]) from error
