"""Releases and notes on a system's timeline: recording, listing and voiding them."""

from __future__ import annotations

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.base import ApiView, checked_id, read_record
from api.documents import Parameter, operation
from api.pagination import paged
from api.problems import not_found
from api.queries import Query
from api.resources import events as resource
from api.resources.assessments import VOID
from assessments.events import record_event, void_event
from assessments.models import EventKind, SystemEvent

KIND = Parameter("kind", "Releases or notes alone.", {"type": "string", "enum": EventKind.values})


class Events(ApiView):
    scopes = {"GET": Scope.READ, "POST": Scope.RESULTS_WRITE}

    @operation("List a system's releases and notes", tag="events", lists="Event", parameters=[KIND])
    def get(self, request: Request, slug: str) -> Response:
        """Newest `at` first, voided ones among them."""
        system = self.system(slug)
        query = Query(request._request)
        kind = query.choice("kind", EventKind.values)
        query.check()
        rows = SystemEvent.objects.visible_to(self.token).filter(system=system, **({"kind": kind} if kind else {}))
        show = resource.show_event
        return Response(paged(request._request, rows, ("-at", "-id"), lambda row: show(row, system.slug), key="events"))

    @operation(
        "Record a release or a note",
        tag="events",
        body=resource.EVENT.schema,
        answers={HTTPStatus.CREATED: "Event", HTTPStatus.OK: "Event"},
        conflicts=True,
    )
    def post(self, request: Request, slug: str) -> Response:
        """It stands on the system's timeline and changes no score.

        With an `event_id`, the same again changes nothing and answers 200, and other content is a conflict; instants compare
        by value, and `at` only where it is given. Without one, every request records another event.
        """
        system = self.system(slug)
        given = read_record(resource.EVENT, self.body())
        event, created = record_event(actor=self.actor, system=system, told=resource.told(given), at=self.now)
        status = HTTPStatus.CREATED if created else HTTPStatus.OK
        return Response(resource.show_event(event, system.slug), status=status)


class EventVoid(ApiView):
    scopes = {"POST": Scope.ORGANISATION_WRITE}

    @operation("Void an event", tag="events", body=VOID.schema, answers={HTTPStatus.OK: "Event"}, conflicts=True)
    def post(self, request: Request, slug: str, pk: str) -> Response:
        """It stays in the list, marked, and is drawn nowhere."""
        system = self.system(slug)
        rows = SystemEvent.objects.visible_to(self.token).filter(system=system, pk=checked_id(pk))
        event_id = rows.values_list("pk", flat=True).first()
        if event_id is None:
            raise not_found()
        given = read_record(VOID, self.body())
        event = void_event(actor=self.actor, event_id=event_id, reason=given["reason"], at=self.now)
        return Response(resource.show_event(event, system.slug))
