"""The organisation's page: how its systems stand, over time and one by one."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from assessments.models import Lifecycle, System
from dashboards.organisation.filters import ALL, IN_USE, SORTS, Filter
from dashboards.organisation.presenters import present
from scores.overview import main_rubric, standings

LIFECYCLES = [(IN_USE, "In use"), *Lifecycle.choices, (ALL, "All")]


@require_safe
@member_page(Role.VIEWER)
def organisation(request: MemberRequest, organisation: str) -> HttpResponse:
    """All systems by what needs attention; `?q=&team=&tag=&lifecycle=&sort=` narrow and order them."""
    now = timezone.now()
    systems = list(System.objects.visible_to(request.membership).select_related("organisation", "team", "owner"))
    wanted = Filter.read(request.GET)
    shown = [system for system in systems if wanted.takes(system)]
    rows = wanted.ordered(standings(shown, now)) if shown else []
    context = {
        "now": now,
        "systems": systems,
        "shown": shown,
        "wanted": wanted,
        "page": present(main_rubric(shown), rows, now),
        "teams": _teams(systems),
        "tags": sorted({tag for system in systems for tag in system.tags}, key=str.casefold),
        "lifecycles": LIFECYCLES,
        "sorts": SORTS.items(),
        "may_assess": request.membership.may(Role.ASSESSOR),
    }
    return render(request, "dashboards/organisation.html", context)


def _teams(systems: Sequence[System]) -> list[tuple[str, str]]:
    """Slug and name of each team that has a system, by name."""
    found = {system.team.slug: system.team.name for system in systems if system.team is not None}
    return sorted(found.items(), key=lambda team: team[1].casefold())
