"""The organisation's systems."""

from __future__ import annotations

from http import HTTPStatus

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.base import ApiView
from api.documents import operation
from api.pagination import paged
from api.problems import conflict
from api.resources import systems as resource
from assessments.models import System
from assessments.systems import create_system, update_system
from evidence.rule_changes import ChangeInPreparation, change_for, change_rules, pending_of
from evidence.rules_of import SYSTEM_RULES


class Systems(ApiView):
    scopes = {"GET": Scope.READ, "POST": Scope.SYSTEMS_WRITE}
    whole = frozenset({"POST"})

    @operation("List systems", tag="systems", lists="System")
    def get(self, request: Request) -> Response:
        """In the order of their slugs; a token bound to one system sees just that one."""
        pending = pending_of(self.token.organisation)
        rows = System.objects.visible_to(self.token).select_related("team", "owner")
        return Response(
            paged(request._request, rows, ("slug",), lambda row: resource.show_system(row, pending), key="systems")
        )

    @operation(
        "Create a system",
        tag="systems",
        body=resource.CREATION.schema,
        answers={HTTPStatus.CREATED: "System"},
        conflicts=True,
    )
    def post(self, request: Request) -> Response:
        """Only the name is required; the slug follows from it when it is left out."""
        given = resource.read_creation(self.body(), self.token)
        system = create_system(actor=self.actor, at=self.now, **given)
        return Response(resource.show_system(system, None), status=HTTPStatus.CREATED)


class OneSystem(ApiView):
    scopes = {"GET": Scope.READ, "PATCH": Scope.SYSTEMS_WRITE}

    @operation("Read a system", tag="systems", answers={HTTPStatus.OK: "System"})
    def get(self, request: Request, slug: str) -> Response:
        """`pending` holds rules whose change is being prepared; until it is in force, the old values are shown."""
        return self.shown(slug)

    @operation(
        "Change a system", tag="systems", body=resource.CHANGE.schema, answers={HTTPStatus.OK: "System"}, conflicts=True
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Changes the fields it names; `windows` and `tags` are replaced whole. Rules of evidence hold for all times."""
        system = self.system(slug)
        changes = resource.read_change(self.body(), system)
        rules = {field: changes.pop(field) for field in SYSTEM_RULES if field in changes}
        try:
            with transaction.atomic():
                # The organisation is locked before the system, as by all who lock both.
                if rules:
                    change_rules(actor=self.actor, system=system, changes=rules, at=self.now)
                update_system(actor=self.actor, system=system, changes=changes, at=self.now)
        except ChangeInPreparation as error:
            raise conflict("Another change of rules is being prepared; try again when it is in force.") from error
        return self.shown(slug)

    def shown(self, slug: str) -> Response:
        """The system as it is stored."""
        system = self.system(slug)
        return Response(resource.show_system(system, change_for(system)))
