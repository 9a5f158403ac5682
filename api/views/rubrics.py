"""The published rubrics."""

from __future__ import annotations

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.base import ApiView
from api.documents import operation
from api.pagination import whole_list
from api.problems import not_found
from api.resources import rubrics as resource
from rubric.loader import builtin


class Rubrics(ApiView):
    scopes = {"GET": Scope.READ}

    @operation("List rubrics", tag="rubrics", lists="RubricInShort")
    def get(self, request: Request) -> Response:
        """All published editions, the default one first."""
        return Response(whole_list([resource.show_brief(rubric) for rubric in builtin().values()]))


class OneRubric(ApiView):
    scopes = {"GET": Scope.READ}

    @operation("Read a rubric", tag="rubrics", answers={HTTPStatus.OK: "Rubric"})
    def get(self, request: Request, key: str) -> Response:
        """Its scale, bands, categories and tests, with the guidance for each test."""
        rubric = builtin().get(key)
        if rubric is None:
            raise not_found()
        return Response(resource.show_rubric(rubric))
