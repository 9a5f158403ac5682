"""Importing reports of tools."""

from __future__ import annotations

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.base import ApiView
from api.documents import operation
from api.files import read_files
from api.problems import Fault, at_fault, conflict, malformed
from api.queries import Query
from api.resources import imports as resource
from evidence.formats import Report, ReportError, read
from evidence.importing import import_report
from evidence.posting import PostingConflict, PostingRefused


class Imports(ApiView):
    scopes = {"POST": Scope.RESULTS_WRITE}

    @operation(
        "Import a report",
        tag="results",
        files=resource.BODIES,
        answers={HTTPStatus.CREATED: "Import", HTTPStatus.OK: "Import"},
        parameters=resource.PARAMETERS,
        conflicts=True,
    )
    def post(self, request: Request) -> Response:
        """The body is the tool's own report file, of any content type; all its mapped checks are stored, or none.

        A check that carries the key of a test needs no rule; others go by the system's mapping rules, then by the
        organisation's. Entries of one check are one result, the worst of them. With dbt, manifest.json may come along,
        in multipart/form-data. A parameter of another name is at fault: a `dry_run` that is misspelt must not store.
        """
        asked = resource.ImportRequest(Query(request._request), self.token, self.now)
        report = self._report(asked.format)
        try:
            imported = import_report(
                actor=self.actor,
                system=asked.system,
                report=report,
                run=asked.run,
                received_at=self.now,
                dry_run=asked.dry_run,
            )
        except PostingRefused as error:
            raise at_fault([Fault(fault.detail, "") for fault in error.faults]) from error
        except PostingConflict as error:
            raise conflict(
                "A result of the same system, check and run_id has other content.",
                *(Fault(fault.detail, "") for fault in error.faults),
            ) from error
        created = imported.outcome.accepted > 0 and not asked.dry_run
        status = HTTPStatus.CREATED if created else HTTPStatus.OK
        return Response(resource.show_import(imported, self.now), status=status)

    def _report(self, format_name: str) -> Report:
        """The report in the body. Raises Problem (413, 400)."""
        files = read_files(self.request._request, resource.LARGEST_IMPORT)
        body, attachments = resource.report_and_attachments(files)
        try:
            return read(format_name, body, attachments)
        except ReportError as error:
            raise malformed(str(error), Fault(str(error), "")) from error
