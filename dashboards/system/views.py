"""A system's main page, and the page that shows how to connect a pipeline to it."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from dashboards.moments import asked_moment
from dashboards.system.presenters import present
from dashboards.system.reading import read_system, system_of
from evidence.preparation import progress
from evidence.rule_changes import pending_of
from evidence.seen_names import unmapped_names
from rubric.loader import builtin
from scores.overview import review_is_due

UNMAPPED_SHOWN = 5


@require_safe
@member_page(Role.VIEWER)
def system(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """The system as of now, or as of `?at=`, a day or an instant."""
    now = timezone.now()
    asked = request.GET.get("at", "")
    at = asked_moment(asked, now) if asked else now
    if at is None:
        raise BadRequest("`at` is a day such as 2026-11-03, or an instant such as 2026-11-03T09:30:00Z.")
    found = system_of(request.membership, system)
    facts = read_system(found, at)
    imported_to: bool = found.was_imported_to  # type: ignore[attr-defined]
    context = {
        "system": found,
        "facts": facts,
        "page": present(facts),
        "rubric": builtin()[found.edition_at(at)],
        "at": at,
        "now": now,
        "past": bool(asked) and at != now,
        "review_due": review_is_due(found, facts.assessment.effective_at if facts.assessment else None, at),
        "unmapped": unmapped_names(found)[:UNMAPPED_SHOWN] if imported_to and not asked else [],
        "may_assess": request.membership.may(Role.ASSESSOR),
    }
    pending = pending_of(found.organisation) if found.pending_generation is not None else None
    if pending is not None:
        context |= {"pending": pending, "percent": progress(pending)}
    return render(request, "dashboards/system.html", context)


@require_safe
@member_page(Role.VIEWER)
def connect(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """How a pipeline posts results of this system, with a request to copy."""
    found = system_of(request.membership, system)
    rubric = builtin()[found.rubric]
    context = {
        "system": found,
        "rubric": rubric,
        "address": f"{settings.PUBLIC_URL}/api/v1/results/",
        "example": next(iter(rubric.tests.values())),
        "may_make_tokens": request.membership.may(Role.ADMIN),
    }
    return render(request, "dashboards/connect.html", context)
