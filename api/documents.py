"""How a handler says what it takes and answers, for the OpenAPI document: errors included, without a second thought."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from inspect import signature
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from api.problems import CONTENT_TYPE
from api.resources.components import listing, ref
from api.shapes import Schema

Handler = TypeVar("Handler", bound=Callable[..., Any])
JSON = "application/json"

ALWAYS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.TOO_MANY_REQUESTS,
)
PUBLIC = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_ACCEPTABLE)
WITH_FILES = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE,)
WITH_BODY = (*WITH_FILES, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
MEANINGS = {
    HTTPStatus.BAD_REQUEST: "The request is at fault; `errors` names where.",
    HTTPStatus.UNAUTHORIZED: "The token is missing, unknown, expired or revoked.",
    HTTPStatus.FORBIDDEN: "The token lacks the scope, or is bound to one system where the organisation is concerned.",
    HTTPStatus.NOT_FOUND: "It does not exist, or the token does not see it.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The address does not take this method; `Allow` names those that it takes.",
    HTTPStatus.NOT_ACCEPTABLE: "Answers are JSON; the client accepts none.",
    HTTPStatus.CONFLICT: "The request does not go with what is stored.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not JSON in UTF-8.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests; `Retry-After` says when to come back.",
    HTTPStatus.SERVICE_UNAVAILABLE: "What it takes is away for the moment; `Retry-After` says when to come back.",
}
HEADERS = {
    HTTPStatus.UNAUTHORIZED: OpenApiParameter(
        "WWW-Authenticate", str, OpenApiParameter.HEADER, response=[401], description="Always Bearer."
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: OpenApiParameter(
        "Allow", str, OpenApiParameter.HEADER, response=[405], description="The methods taken here."
    ),
    HTTPStatus.TOO_MANY_REQUESTS: OpenApiParameter(
        "Retry-After", int, OpenApiParameter.HEADER, response=[429, 503], description="Seconds to wait."
    ),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter; its schema is a string's unless told otherwise."""

    name: str
    description: str
    schema: Schema = field(default_factory=lambda: {"type": "string"})


PATH_PARTS = {
    "slug": OpenApiParameter("slug", str, OpenApiParameter.PATH, description="The slug of a system."),
    "pk": OpenApiParameter("id", int, OpenApiParameter.PATH, description="An id, as lists show it."),
    "version": OpenApiParameter(
        "version", str, OpenApiParameter.PATH, description="A model version, as results name it."
    ),
    "table": OpenApiParameter("table", str, OpenApiParameter.PATH, description="The name of a table, or `everything`."),
    "key": OpenApiParameter("key", str, OpenApiParameter.PATH, description="The key of a rubric."),
}
CURSOR = Parameter("cursor", "Where the page before ended: follow `next` instead of making one up.")


def instant(name: str, description: str) -> Parameter:
    """A query parameter that is an instant."""
    return Parameter(name, description, {"type": "string", "format": "date-time"})


def number(name: str, description: str) -> Parameter:
    """A query parameter that is a decimal number."""
    return Parameter(name, description, {"type": "number"})


def flag(name: str, description: str) -> Parameter:
    """A query parameter that is `true` or `false`."""
    return Parameter(name, description, {"type": "boolean"})


def operation(
    summary: str,
    *,
    tag: str,
    answers: Mapping[HTTPStatus, str] | None = None,
    lists: str | None = None,
    media: Sequence[str] = (),
    body: Schema | None = None,
    files: Mapping[str, Schema] | None = None,
    parameters: Sequence[Parameter] = (),
    conflicts: bool = False,
    public: bool = False,
    refusals: Sequence[HTTPStatus] = (),
) -> Callable[[Handler], Handler]:
    """Document a handler; its docstring is the operation's description.

    `answers` names the component of each success, `lists` that of a list's items; `media` lists the content types of
    a success that is no JSON object. `body` is the schema of JSON that it takes; `files` gives those of bodies that are
    files, by their content types.
    Every error that the API answers by rule is added; a `public` operation needs no token, and answers `refusals` besides.
    """

    def document(handler: Handler) -> Handler:
        codes = [
            *(PUBLIC if public else ALWAYS),
            *refusals,
            *(WITH_BODY if body else WITH_FILES if files else ()),
            *([HTTPStatus.CONFLICT] if conflicts else []),
        ]
        responses: dict[Any, Any] = {
            (code.value, CONTENT_TYPE): OpenApiResponse(ref("Problem"), MEANINGS[code]) for code in sorted(codes)
        }
        for code, component in (answers or {}).items():
            responses[code.value, JSON] = OpenApiResponse(ref(component), code.phrase)
        if lists:
            responses[200, JSON] = OpenApiResponse(listing(lists), "One page.")
        responses[414, "text/html"] = OpenApiResponse({"type": "string"}, "The address is longer than 8190 bytes.")
        for kind in media:
            responses[200, kind] = OpenApiResponse({"type": "string"}, "A text of this kind.")
        queries = [
            OpenApiParameter(each.name, each.schema, OpenApiParameter.QUERY, description=each.description)
            for each in (*parameters, *([CURSOR] if lists else []))
        ]
        parts = [PATH_PARTS[name] for name in signature(handler).parameters if name in PATH_PARTS]
        decorated: Handler = extend_schema(
            operation_id=handler.__qualname__.lower().replace(".", "_"),
            summary=summary,
            tags=[tag],
            request={JSON: body} if body else files,
            responses=responses,
            parameters=[*parts, *queries, *(header for code, header in HEADERS.items() if code in codes)],
            auth=[] if public else [{"token": []}],  # type: ignore[list-item]  # drf-spectacular takes both forms
        )(handler)
        return decorated

    return document
