"""Mapping rules: which test the checks in reports evidence."""

from __future__ import annotations

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.base import ApiView, read_record
from api.documents import operation
from api.resources import mapping as resource
from evidence.mapping_rules import organisation_rules, replace_rules, system_rules


class SystemMapping(ApiView):
    scopes = {"GET": Scope.READ, "PUT": Scope.SYSTEMS_WRITE}

    @operation("Read a system's mapping rules", tag="mapping", answers={HTTPStatus.OK: "Mapping"})
    def get(self, request: Request, slug: str) -> Response:
        """The system's own; the organisation's are asked after them."""
        return Response(resource.show_rules(system_rules(self.system(slug))))

    @operation(
        "Replace a system's mapping rules",
        tag="mapping",
        body=resource.RULES.schema,
        answers={HTTPStatus.OK: "Mapping"},
    )
    def put(self, request: Request, slug: str) -> Response:
        """Puts these rules in the place of all that were there; they hold for imports from here on.

        A rule may name a test of any edition that the system has had.
        """
        system = self.system(slug)
        rules = resource.rules_in(read_record(resource.RULES, self.body()))
        replace_rules(actor=self.actor, system=system, rules=rules, at=self.now)
        return Response(resource.show_rules(system_rules(system)))


class OrganisationMapping(ApiView):
    scopes = {"GET": Scope.READ, "PUT": Scope.ORGANISATION_WRITE}
    whole = frozenset({"GET", "PUT"})

    @operation("Read the organisation's mapping rules", tag="mapping", answers={HTTPStatus.OK: "Mapping"})
    def get(self, request: Request) -> Response:
        """They are asked after a system's own."""
        return Response(resource.show_rules(organisation_rules(self.token.organisation)))

    @operation(
        "Replace the organisation's mapping rules",
        tag="mapping",
        body=resource.RULES.schema,
        answers={HTTPStatus.OK: "Mapping"},
    )
    def put(self, request: Request) -> Response:
        """Puts these rules in the place of all that were there; they hold for imports from here on.

        A rule may name a test of any rubric; systems whose editions lack that test pass it over.
        """
        rules = resource.rules_in(read_record(resource.RULES, self.body()))
        replace_rules(actor=self.actor, rules=rules, at=self.now)
        return Response(resource.show_rules(organisation_rules(self.token.organisation)))
