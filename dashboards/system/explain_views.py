"""Every point of a system's score with the facts that make it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from dashboards.moments import as_of
from dashboards.system.explain_presenters import present
from dashboards.system.parts import dates
from dashboards.system.reading import system_of
from rubric.loader import builtin
from scores.why import why


@require_safe
@member_page(Role.VIEWER)
def explain(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """Why the score is what it is, now or as of `?at=`, a day or an instant."""
    now = timezone.now()
    moment = as_of(request.GET, now)
    found = system_of(request.membership, system)
    facts = why(found, moment.at)
    context = {
        "system": found,
        "rubric": builtin()[found.edition_at(moment.at)],
        "facts": facts,
        "page": None if facts is None else present(facts),
        "dates": dates("The score", found, moment, now, (facts.earlier, facts.later) if facts else (None, None)),
        "as_of": moment,
        "now": now,
        "past": moment.past,
    }
    return render(request, "dashboards/explain.html", context)
