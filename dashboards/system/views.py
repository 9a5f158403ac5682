"""A system's main page, and the page that shows how to connect a pipeline to it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from dashboards.moments import as_of
from dashboards.system import parts
from dashboards.system.presenters import present
from dashboards.system.reading import read_system, system_of
from evidence.preparation import progress
from evidence.rule_changes import change_for
from evidence.seen_names import unmapped_names
from rubric.loader import builtin
from scores.overview import review_is_due

UNMAPPED_SHOWN = 5


@require_safe
@member_page(Role.VIEWER)
def system(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """The system as of now, or as of `?at=`, a day or an instant."""
    now = timezone.now()
    moment = as_of(request.GET, now)
    found = system_of(request.membership, system, with_spans=True)
    facts = read_system(found, moment.at, now)
    imported_to: bool = found.was_imported_to  # type: ignore[attr-defined]
    may_assess = request.membership.may(Role.ASSESSOR)
    page = present(facts, moment, may_assess=may_assess)
    rubric = builtin()[found.edition_at(moment.at)]
    shown = unmapped_names(found)[:UNMAPPED_SHOWN] if imported_to and not moment.past else []
    unmapped = [parts.Seen(seen.name, seen.format, seen.at) for seen in shown]
    effective_at = facts.assessment.effective_at if facts.assessment else None
    late = page is not None and review_is_due(found, effective_at, moment.at)
    context = {
        "system": found,
        "facts": facts,
        "page": page,
        "rubric": rubric,
        "head": parts.head(facts, rubric, late),
        "actions": parts.actions(facts, may_assess),
        "dates": parts.dates("The system", found, moment, now, (facts.earlier, facts.later), compares=page is not None),
        "as_of": moment,
        "past": moment.past,
        "newest": parts.Newest(found.organisation.slug, found.slug, rubric, may_assess, facts.recent, tuple(unmapped)),
        "may_assess": may_assess,
    }
    pending = change_for(found)
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
