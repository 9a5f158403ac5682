"""Taking along what an organisation owns."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.authentication import require_scope
from api.base import ApiView, OwnFormat
from api.documents import Parameter, operation
from api.pagination import whole_list
from api.problems import Problem, not_found
from api.queries import Query
from api.resources.exports import scopes_of, show_table
from exports.answers import hand_out
from exports.slots import WAIT_SECONDS, TooManyExports
from exports.tables import EVERYTHING, TABLES
from exports.writing import FORMS, JSON


class Exports(ApiView):
    scopes = {"GET": Scope.READ}
    whole = frozenset({"GET"})

    @operation("List what can be exported", tag="exports", lists="Table")
    def get(self, request: Request) -> Response:
        """Every table with its columns, and the scopes that it takes."""
        return Response(whole_list([show_table(table) for table in TABLES.values()]))


class OneExport(ApiView):
    scopes = {"GET": Scope.READ}
    whole = frozenset({"GET"})
    content_negotiation_class = OwnFormat

    @operation(
        "Export a table",
        tag="exports",
        answers={HTTPStatus.OK: "Export"},
        media=["text/csv", "application/zip"],
        refusals=[HTTPStatus.SERVICE_UNAVAILABLE],
        parameters=[Parameter("format", "Default: json.", {"type": "string", "enum": list(FORMS)})],
    )
    def get(self, request: Request, table: str) -> HttpResponseBase:
        """Streams the table as of one instant; `everything` all of them, as a ZIP archive.

        What the API does not tell to tokens with `read` elsewhere takes `organisation:write` besides, and so does
        `everything`, which holds uploaded files besides. Each export stands in the activity log. A few are streamed at
        once: one too many of the organisation's own is answered 429, of all organisations 503.
        """
        if table != EVERYTHING and table not in TABLES:
            raise not_found()
        for scope in scopes_of(TABLES.get(table)):
            require_scope(self.token, scope)
        query = Query(request._request)
        form = FORMS[query.choice("format", list(FORMS)) or JSON.ending]
        query.check()
        if request.method == "HEAD":  # asks what there is, and takes nothing along
            return HttpResponse(content_type=form.content_type)
        try:
            return hand_out(actor=self.actor, reader=self.token, name=table, form=form, at=self.now)
        except TooManyExports as refused:
            raise Problem(refused.status, str(refused), headers={"Retry-After": str(WAIT_SECONDS)}) from refused
