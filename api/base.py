"""What all API views share: the order in which a request is judged, and JSON for every answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.models import Scope, Token
from api import parsing
from api.authentication import (
    BearerAuthentication,
    BriefBearerAuthentication,
    RecallingBearerAuthentication,
    require_scope,
    require_unbound,
)
from api.problems import CONTENT_TYPE, Fault, Problem, at_fault, exception_handler, not_found
from api.shapes import Record
from api.throttles import count_request
from assessments.models import System

SUBTYPES = ("*", "json", "problem+json")


class JsonOrNothing(BaseContentNegotiation):
    """The API speaks JSON: clients that accept none get a 406."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> None:
        return None

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        if not accepts_json(request._request):
            raise Problem(HTTPStatus.NOT_ACCEPTABLE, f"Answers are {renderer.media_type} or {CONTENT_TYPE}.")
        return renderer, renderer.media_type


class OwnFormat(JsonOrNothing):
    """For what tools fetch that have Accept headers of their own: each of them will do."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


def accepts_json(request: HttpRequest) -> bool:
    """Whether the Accept header leaves room for JSON or for problem details; parameters but `q` don't matter."""
    given = request.META.get("HTTP_ACCEPT", "").strip()
    if not given or given == "*/*":
        return True
    try:
        accepted = request.accepted_types
    except ValueError:  # a header that is no Accept header asks for nothing in particular
        return True
    return any(kind.main_type in ("*", "application") and kind.sub_type in SUBTYPES for kind in accepted)


class ApiView(APIView):
    """Judges a request in this order: acceptable (406), known token (401), not too often (429), allowed (403); then the rest.

    `scopes` names the scope that each method needs; `whole` the methods that concern the organisation as a whole, which
    tokens bound to one system may not call.
    """

    authentication_classes = [BearerAuthentication]
    content_negotiation_class: type[JsonOrNothing] = JsonOrNothing
    renderer_classes = [JSONRenderer]
    parser_classes: Sequence[Any] = []
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    scopes: ClassVar[dict[str, Scope]] = {}
    whole: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.now: datetime = timezone.now()
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        if not self.authentication_classes:
            return
        self.perform_authentication(request)
        token, method = self.token, str(request._request.method)
        count_request(token, self.now.timestamp())
        if method == "HEAD":
            method = "GET"
        if method in self.scopes:
            require_scope(token, self.scopes[method])
        if method in self.whole:
            require_unbound(token)

    def perform_authentication(self, request: Request) -> None:
        """Raises AuthenticationFailed (401)."""
        [authentication] = cast(list[BearerAuthentication], request.authenticators)
        request.user, request.auth = authentication.authenticate(request)  # type: ignore[assignment]  # nobody signs in

    @property
    def token(self) -> Token:
        """The token that the request bears."""
        return cast(Token, self.request.auth)

    @property
    def actor(self) -> Actor:
        """The token as the actor of operations."""
        return Actor(organisation=self.token.organisation, token=self.token)

    def system(self, slug: str) -> System:
        """The system of this slug, with its organisation, team and owner. Raises Problem (404) if the token sees none."""
        found = (
            System.objects.visible_to(self.token)
            .select_related("organisation", "team", "owner")
            .filter(slug=checked_text(slug))
            .first()
        )
        if found is None:
            raise not_found()
        return found

    def body(self, *, optional: bool = False) -> dict[str, Any]:
        """The object in the request's body, its shape not checked yet."""
        return parsing.read_json(self.request._request, optional=optional)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Raises Problem (405)."""
        allowed = ", ".join(self.allowed_methods)
        raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, f"This address takes {allowed}.", headers={"Allow": allowed})

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}

    def get_exception_handler(self) -> Callable[..., Response]:
        return exception_handler

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        parsing.drain(getattr(request, "_request", request))
        return super().finalize_response(request, response, *args, **kwargs)


class RecallingView(ApiView):
    """A view whose token may be a recalled one: what it does is `assured`, and none but an authenticated one is refused."""

    authentication_classes = [RecallingBearerAuthentication]

    def assured(self, act: Callable[[], HttpResponse]) -> HttpResponse:
        """What `act` answers, which does something only as long as the token is what it was.

        Whatever goes wrong goes wrong for a token that was authenticated just now.
        """
        try:
            return act()
        except Exception:
            if not self._authenticated_anew():
                raise
        return act()

    def handle_exception(self, error: Exception) -> Response:
        try:
            self._authenticated_anew()
        except AuthenticationFailed as refusal:
            error = refusal
        return super().handle_exception(error)

    def _authenticated_anew(self) -> bool:
        """Whether the token was a recalled one, which it is no longer. Raises AuthenticationFailed (401)."""
        token: Token | None = getattr(self.request, "_auth", None)
        if token is None or not token.version:
            return False
        self.request.auth = BriefBearerAuthentication().authenticate(self.request)[1]
        return True


def read_record(record: Record, document: dict[str, Any]) -> dict[str, Any]:
    """The given fields of a document of this shape. Raises Problem (400) that names every fault."""
    faults: list[Fault] = []
    given = record.read(document, "", faults)
    if faults or given is None:
        raise at_fault(faults)
    return given


def checked_text(text: str) -> str:
    """A text from the address. Raises Problem (404) where no stored text can equal it."""
    if "\x00" in text:
        raise not_found()
    return text


def checked_id(text: str) -> int:
    """A number from the address that identifies something. Raises Problem (404) where nothing can have it."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise not_found()
    return int(text)
