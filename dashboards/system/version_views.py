"""The model versions of a system, and whether one of them is ready to serve."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from dashboards.system.reading import system_of
from dashboards.system.version_presenters import groups, in_short, why
from evidence.models import ModelVersion
from scores.paging import page_of
from scores.versions import readiness

PAGE = 50


@require_safe
@member_page(Role.VIEWER)
def model_versions(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """The versions that the system's results name, the newest checked one first, a page at a time.

    `?version=` shows one of them: the address of those whose name no path of a browser can hold.
    """
    if "version" in request.GET:
        return shown_version(request, system, request.GET["version"])
    found = system_of(request.membership, system)
    versions = ModelVersion.objects.visible_to(request.membership).filter(system=found)
    try:
        shown, following = page_of(
            versions.order_by("-newest_observed_at", "-id"), "newest_observed_at", request.GET.get("cursor", ""), PAGE
        )
    except ValueError as error:
        raise BadRequest("That is no place in this list; begin at its first page.") from error
    context = {
        "system": found,
        "versions": shown,
        "following": following,
        "first_page": "cursor" not in request.GET,
    }
    return render(request, "dashboards/model_versions.html", context)


@require_safe
@member_page(Role.VIEWER)
def model_version(request: MemberRequest, organisation: str, system: str, version: str) -> HttpResponse:
    """What ran on one version, test by test."""
    return shown_version(request, system, version)


def shown_version(request: MemberRequest, system: str, version: str) -> HttpResponse:
    """The page of the version of this name. Raises Http404."""
    found = system_of(request.membership, system)
    versions = ModelVersion.objects.visible_to(request.membership)
    named = get_object_or_404(versions, system=found, name=version.replace("\0", ""))
    verdict = readiness(found, named, timezone.now())
    context = {
        "system": found,
        "version": named,
        "rubric": verdict.rubric,
        "verdict": verdict,
        "why": why(verdict),
        "groups": groups(verdict),
        "passed": sum(test.required and not test.failing and not test.missing for test in verdict.tests),
        "commits": in_short(verdict.seen("commit")),
        "datasets": in_short(verdict.seen("dataset_version")),
    }
    return render(request, "dashboards/model_version.html", context)
