"""The API's own description, for machines and for people, and the answer to addresses that lead nowhere."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import ApiView
from api.documents import operation
from api.openapi import document
from api.pages import described
from api.problems import Problem


class OpenApi(ApiView):
    """Open to all: it tells nothing of any organisation."""

    authentication_classes = []

    @operation("Read this description", tag="description", answers={HTTPStatus.OK: "OpenAPI"}, public=True)
    def get(self, request: Request) -> Response:
        """The OpenAPI 3.1 document."""
        return Response(document())


class Docs(ApiView):
    """Open to all, and for browsers: a page, whatever the client accepts."""

    authentication_classes = []

    @operation("Read this description as a page", tag="description", media=["text/html"], public=True)
    def get(self, request: Request) -> HttpResponse:
        """The OpenAPI document as a page to read."""
        return render(request._request, "api/docs.html", {"api": described(document())})

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        return super().perform_content_negotiation(request, force=True)


@extend_schema(exclude=True)
class Nowhere(ApiView):
    """Every address below /api/ that is none of the others."""

    authentication_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Problem(HTTPStatus.NOT_FOUND, "There is no such address; all of them end with a slash, but openapi.json.")
