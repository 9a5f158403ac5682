"""The token's organisation and its rules."""

from __future__ import annotations

from http import HTTPStatus

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from accounts.organisations import update_organisation
from api.base import ApiView, read_record
from api.documents import operation
from api.problems import conflict
from api.resources import organisation as resource
from evidence.rule_changes import ChangeInPreparation, change_rules, settings_of
from evidence.rules_of import ORGANISATION_RULES


class Organisation(ApiView):
    scopes = {"GET": Scope.READ, "PATCH": Scope.ORGANISATION_WRITE}
    whole = frozenset({"GET", "PATCH"})

    @operation("Read the organisation", tag="organisation", answers={HTTPStatus.OK: "Organisation"})
    def get(self, request: Request) -> Response:
        """Its rules, and in `pending` those whose change is being prepared."""
        return self.shown()

    @operation(
        "Change the organisation",
        tag="organisation",
        body=resource.CHANGE.schema,
        answers={HTTPStatus.OK: "Organisation"},
        conflicts=True,
    )
    def patch(self, request: Request) -> Response:
        """Changes the fields it names. Rules of evidence hold for all times, past ones too."""
        given = read_record(resource.CHANGE, self.body())
        rules = {field: given.pop(field) for field in ORGANISATION_RULES if field in given}
        try:
            with transaction.atomic():
                if given:
                    update_organisation(actor=self.actor, at=self.now, **given)
                if rules:
                    change_rules(actor=self.actor, changes=rules, at=self.now)
        except ChangeInPreparation as error:
            raise conflict("Another change of rules is being prepared; try again when it is in force.") from error
        return self.shown()

    def shown(self) -> Response:
        """The organisation as it is stored."""
        return Response(resource.show_organisation(*settings_of(self.token.organisation)))
