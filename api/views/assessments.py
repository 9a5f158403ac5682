"""Assessments of a system: opening, answering, finalising and voiding them."""

from __future__ import annotations

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.authentication import require_scope
from api.base import ApiView, checked_id, read_record
from api.documents import operation
from api.pagination import paged
from api.problems import not_found
from api.resources import assessments as resource
from api.shapes import Record
from assessments.models import Assessment, System
from assessments.operations import finalise, save_answers, start_assessment, void_assessment

EMPTY = Record({})


class AssessmentView(ApiView):
    """What the addresses below one assessment share."""

    def assessment(self, system: System, pk: str) -> Assessment:
        """The system's assessment of this id. Raises Problem (404)."""
        rows = Assessment.objects.visible_to(self.token).filter(system=system, pk=checked_id(pk))
        found = rows.first()
        if found is None:
            raise not_found()
        return found

    def shown(self, assessment: Assessment, system: System, status: HTTPStatus = HTTPStatus.OK) -> Response:
        """The stored assessment with its answers, read anew."""
        stored = Assessment.objects.prefetch_related("answers").get(pk=assessment.pk)
        return Response(resource.show_assessment(stored, system.slug), status=status)


class Assessments(AssessmentView):
    scopes = {"GET": Scope.READ, "POST": Scope.ASSESSMENTS_WRITE}

    @operation("List a system's assessments", tag="assessments", lists="Assessment")
    def get(self, request: Request, slug: str) -> Response:
        """Drafts, final and voided ones, the last recorded first."""
        system = self.system(slug)
        rows = Assessment.objects.visible_to(self.token).filter(system=system).prefetch_related("answers")
        return Response(
            paged(
                request._request,
                rows,
                ("-recorded_at", "-id"),
                lambda row: resource.show_assessment(row, system.slug),
                key="assessments",
            )
        )

    @operation(
        "Open a draft",
        tag="assessments",
        body=resource.START.schema,
        answers={HTTPStatus.CREATED: "Assessment"},
        conflicts=True,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Blank, or carried forward from the newest final assessment. With `effective_at` it is an import."""
        system = self.system(slug)
        document = self.body(optional=True)
        if document.get("effective_at") is not None:
            require_scope(self.token, Scope.ORGANISATION_WRITE)
        given = read_record(resource.START, document)
        draft = start_assessment(actor=self.actor, system=system, at=self.now, **given)
        return self.shown(draft, system, HTTPStatus.CREATED)


class OneAssessment(AssessmentView):
    scopes = {"GET": Scope.READ, "PATCH": Scope.ASSESSMENTS_WRITE}

    @operation("Read an assessment", tag="assessments", answers={HTTPStatus.OK: "Assessment"})
    def get(self, request: Request, slug: str, pk: str) -> Response:
        """With all answers given; a test without one claims none."""
        system = self.system(slug)
        return self.shown(self.assessment(system, pk), system)

    @operation(
        "Answer tests of a draft",
        tag="assessments",
        body=resource.CHANGES.schema,
        answers={HTTPStatus.OK: "Assessment"},
        conflicts=True,
    )
    def patch(self, request: Request, slug: str, pk: str) -> Response:
        """Changes the answers of the tests it names, all or none; fields left out stay as they are."""
        system = self.system(slug)
        draft = self.assessment(system, pk)
        changes = resource.read_changes(self.body(), draft.rubric)
        save_answers(actor=self.actor, assessment=draft, changes=changes, at=self.now)
        return self.shown(draft, system)


class Finalise(AssessmentView):
    scopes = {"POST": Scope.ASSESSMENTS_WRITE}

    @operation(
        "Finalise a draft",
        tag="assessments",
        body=EMPTY.schema,
        answers={HTTPStatus.OK: "Assessment"},
        conflicts=True,
    )
    def post(self, request: Request, slug: str, pk: str) -> Response:
        """Freezes it for good. The body may be left out."""
        system = self.system(slug)
        draft = self.assessment(system, pk)
        read_record(EMPTY, self.body(optional=True))
        finalise(actor=self.actor, assessment=draft, at=self.now)
        return self.shown(draft, system)


class AssessmentVoid(AssessmentView):
    scopes = {"POST": Scope.ORGANISATION_WRITE}

    @operation(
        "Void a final assessment",
        tag="assessments",
        body=resource.VOID.schema,
        answers={HTTPStatus.OK: "Assessment"},
        conflicts=True,
    )
    def post(self, request: Request, slug: str, pk: str) -> Response:
        """It stays, marked, and counts nothing at any time."""
        system = self.system(slug)
        final = self.assessment(system, pk)
        given = read_record(resource.VOID, self.body())
        void_assessment(actor=self.actor, assessment=final, reason=given["reason"], at=self.now)
        return self.shown(final, system)
