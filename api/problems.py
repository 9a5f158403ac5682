"""Problem details (RFC 9457): how the API says what is wrong, for every error there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from accounts.errors import Conflict, Forbidden, Invalid

CONTENT_TYPE = "application/problem+json"
ADDRESS = "/api/"
FAILED = "The server failed; its log says why."
logger = structlog.get_logger("mlscore.api")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing at fault: a place in the body (a JSON pointer) or a query parameter, and what is wrong with it."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None

    def as_json(self) -> dict[str, str]:
        where = {"parameter": self.parameter} if self.parameter is not None else {"pointer": self.pointer or ""}
        return {**{key: printable(value) for key, value in where.items() if value is not None}, "detail": self.detail}


class Problem(Exception):
    """An answer that is an error; `faults` name what in the request is to blame."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        faults: Sequence[Fault] = (),
        *,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = faults
        self.headers = headers or {}


def malformed(detail: str, *faults: Fault) -> Problem:
    """A request at fault (400)."""
    return Problem(HTTPStatus.BAD_REQUEST, detail, faults)


def at_fault(faults: Sequence[Fault]) -> Problem:
    """A request at fault in these places (400)."""
    detail = faults[0].detail if len(faults) == 1 else f"{len(faults)} values are at fault."
    return malformed(detail, *faults)


def not_found() -> Problem:
    """What does not exist, or is not for this token to see: both look the same (404)."""
    return Problem(HTTPStatus.NOT_FOUND, "There is nothing here that this token can see.")


def forbidden(detail: str) -> Problem:
    """What this token may not do (403)."""
    return Problem(HTTPStatus.FORBIDDEN, detail)


def conflict(detail: str, *faults: Fault) -> Problem:
    """A request that does not go with what is stored (409)."""
    return Problem(HTTPStatus.CONFLICT, detail, faults)


def pointer_to(*path: str | int, start: str = "") -> str:
    """The JSON pointer (RFC 6901) to a path into the body."""
    return start + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def printable(text: str) -> str:
    """A client's text fit for an answer: what UTF-8 cannot carry is replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def body_of(status: int, detail: str, faults: Sequence[Fault] = ()) -> dict[str, Any]:
    """The JSON object of a problem."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": printable(detail),
    }
    if faults:
        body["errors"] = [fault.as_json() for fault in faults]
    return body


def as_problem(error: Exception) -> Problem:
    """The problem that an exception of the domain, of Django or of REST framework stands for."""
    match error:
        case Problem():
            return error
        case Invalid():
            return at_fault([Fault(fault.detail, pointer_to(*fault.path)) for fault in error.faults])
        case Conflict():
            return conflict(error.detail, *(Fault(fault.detail, pointer_to(*fault.path)) for fault in error.faults))
        case Forbidden():
            return forbidden(str(error))
        case Http404():
            return not_found()
        case SuspiciousOperation():
            return malformed("The request is malformed.")
        case exceptions.APIException():
            headers = {"WWW-Authenticate": error.auth_header} if hasattr(error, "auth_header") else {}
            return Problem(HTTPStatus(error.status_code), str(error.detail), headers=headers)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, FAILED)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Answers every exception of an API view with its problem; logs those that are the server's fault."""
    problem = as_problem(error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("api failure", exc_info=error)
        got_request_exception.send(sender=type(context["view"]), request=context["request"]._request)
    return Response(
        body_of(problem.status, problem.detail, problem.faults),
        status=problem.status,
        headers=problem.headers,
        content_type=CONTENT_TYPE,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's answer to requests that reach no view (400): a problem below /api/, a page elsewhere."""
    if not request.path.startswith(ADDRESS):
        return defaults.bad_request(request, exception)
    return JsonResponse(body_of(400, "The request is malformed."), status=400, content_type=CONTENT_TYPE)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's answer to failures outside of views (500): a problem below /api/, a page elsewhere."""
    if not request.path.startswith(ADDRESS):
        return defaults.server_error(request)
    return JsonResponse(body_of(500, FAILED), status=500, content_type=CONTENT_TYPE)
