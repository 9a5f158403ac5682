"""Posting, listing and voiding results."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.base import ApiView, RecallingView, checked_id, read_record
from api.documents import JSON, Parameter, flag, operation
from api.pagination import paged
from api.parsing import read_text
from api.problems import at_fault, conflict, not_found
from api.queries import Query
from api.resources import results as resource
from api.resources.assessments import VOID
from evidence.models import Result, Status
from evidence.posting import PostingConflict, PostingRefused
from evidence.recording import faults_in, record_results
from evidence.voiding import AlreadyVoided, void_result
from scores.explain import Wanted, results_of

FILTERS = (
    Parameter("test", "The key of a test."),
    Parameter("check", "The name of a check."),
    Parameter("run_id", "A run."),
    Parameter("status", "A status.", {"type": "string", "enum": Status.values}),
)


class Results(RecallingView):
    scopes = {"POST": Scope.RESULTS_WRITE}

    @operation(
        "Post results",
        tag="results",
        body=resource.REQUEST,
        answers={HTTPStatus.CREATED: "Outcome", HTTPStatus.OK: "Outcome"},
        parameters=[flag("dry_run", "Check everything, store nothing.")],
        conflicts=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """One result, or up to 1000 of any systems: all of them are stored, or none.

        Posting the same again changes nothing and answers 200. Other content for the same system, check and run_id is a
        conflict. A parameter of another name is at fault: a `dry_run` that is misspelt must not store.
        """
        query = Query(request._request)
        query.only("dry_run")
        dry_run = query.flag("dry_run")
        query.check()
        body = read_text(request._request)
        answer: HttpResponse = self.assured(lambda: self._record(body, dry_run))
        return answer

    def _record(self, body: bytes, dry_run: bool) -> HttpResponse:
        posting = resource.Posting(body, self.token, self.now)
        if posting.faults:
            found = faults_in(actor=self.actor, results=posting.results, received_at=self.now)
            raise at_fault([*posting.faults, *posting.faults_besides(found)])
        try:
            outcome = record_results(actor=self.actor, results=posting.results, received_at=self.now, dry_run=dry_run)
        except PostingRefused as error:
            raise at_fault(posting.faults_besides(error.faults)) from error
        except PostingConflict as error:
            raise conflict(
                "A result of the same system, check and run_id has other content.",
                *posting.faults_besides(error.faults),
            ) from error
        created = outcome.accepted > 0 and not dry_run
        answer = msgspec.json.encode(resource.show_outcome(outcome, self.now))
        status = HTTPStatus.CREATED if created else HTTPStatus.OK
        return HttpResponse(answer, content_type=JSON, status=status)


class SystemResults(ApiView):
    scopes = {"GET": Scope.READ}

    @operation("List a system's results", tag="results", lists="Result", parameters=FILTERS)
    def get(self, request: Request, slug: str) -> Response:
        """Newest `observed_at` first."""
        system = self.system(slug)
        query = Query(request._request)
        wanted = Wanted(
            test=query.text("test") or "",
            check=query.text("check") or "",
            run_id=query.text("run_id") or "",
            status=query.choice("status", Status.values) or "",
        )
        query.check()
        rows = results_of(system, wanted)
        order = ("-observed_at", "-id")
        return Response(
            paged(request._request, rows, order, lambda row: resource.show_result(row, system.slug), key="results")
        )


class ResultVoid(ApiView):
    scopes = {"POST": Scope.ORGANISATION_WRITE}

    @operation("Void a result", tag="results", body=VOID.schema, answers={HTTPStatus.OK: "Result"}, conflicts=True)
    def post(self, request: Request, slug: str, pk: str) -> Response:
        """It stays, marked, and counts nothing at any time."""
        system = self.system(slug)
        rows = Result.objects.visible_to(self.token).filter(system=system, pk=checked_id(pk))
        result_id = rows.values_list("pk", flat=True).first()
        if result_id is None:
            raise not_found()
        given = read_record(VOID, self.body())
        try:
            result = void_result(actor=self.actor, result_id=result_id, reason=given["reason"], at=self.now)
        except AlreadyVoided as error:
            raise conflict("This result is voided already.") from error
        return Response(resource.show_result(result, system.slug))
