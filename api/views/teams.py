"""The organisation's teams."""

from __future__ import annotations

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope, Team
from accounts.teams import create_team
from api.base import ApiView, read_record
from api.documents import operation
from api.pagination import paged
from api.resources import organisation as resource


class Teams(ApiView):
    scopes = {"GET": Scope.READ, "POST": Scope.ORGANISATION_WRITE}
    whole = frozenset({"GET", "POST"})

    @operation("List teams", tag="teams", lists="Team")
    def get(self, request: Request) -> Response:
        """In the order of their slugs."""
        rows = Team.objects.visible_to(self.token)
        return Response(paged(request._request, rows, ("slug",), resource.show_team, key="teams"))

    @operation(
        "Create a team",
        tag="teams",
        body=resource.TEAM.schema,
        answers={HTTPStatus.CREATED: "Team"},
        conflicts=True,
    )
    def post(self, request: Request) -> Response:
        """The slug follows from the name when it is left out."""
        given = read_record(resource.TEAM, self.body())
        team = create_team(actor=self.actor, at=self.now, **given)
        return Response(resource.show_team(team), status=HTTPStatus.CREATED)
