"""Which model versions of a system were checked, and whether one of them is ready to serve."""

from __future__ import annotations

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Scope
from api.base import ApiView, checked_text
from api.documents import operation
from api.pagination import paged
from api.problems import not_found
from api.resources import model_versions as resource
from evidence.models import ModelVersion
from scores.versions import readiness


class ModelVersions(ApiView):
    scopes = {"GET": Scope.READ}

    @operation("List a system's model versions", tag="results", lists="ModelVersionInShort")
    def get(self, request: Request, slug: str) -> Response:
        """Those that its results name, the one with the newest result first."""
        system = self.system(slug)
        rows = ModelVersion.objects.visible_to(self.token).filter(system=system)
        order = ("-newest_observed_at", "-id")
        return Response(paged(request._request, rows, order, resource.show_brief, key="model-versions"))


class OneModelVersion(ApiView):
    scopes = {"GET": Scope.READ}

    @operation("Ask whether a model version is ready", tag="results", answers={HTTPStatus.OK: "ModelVersion"})
    def get(self, request: Request, slug: str, version: str) -> Response:
        """Ready: each test that holds a level at present has run on the version and passed, and no test failed on it.

        Of each check the newest result on the version counts, skipped and voided ones and those of another than the
        counted branch aside. A version that is not ready is a 200 too: read `ready`.
        """
        system = self.system(slug)
        versions = ModelVersion.objects.visible_to(self.token).filter(system=system, name=checked_text(version))
        found = versions.first()
        if found is None:
            raise not_found()
        return Response(resource.show_readiness(system, readiness(system, found, self.now)))
