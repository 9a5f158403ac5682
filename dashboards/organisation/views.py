"""The organisation's page: how its systems stand, over time and one by one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from assessments.entries import entries_of
from dashboards.organisation import parts
from dashboards.organisation.choosing import Listed, query_of
from dashboards.organisation.filters import Filter
from dashboards.organisation.presenters import SPARK, present
from dashboards.organisation.reading import Choices
from rubric.once import Once
from scores.overview import COMPARED, main_rubric
from scores.past import read_past
from scores.recounting import Recounting
from scores.standings import standings


@require_safe
@member_page(Role.VIEWER)
def organisation(request: MemberRequest, organisation: str) -> HttpResponse:
    """How systems stand, and all by what needs attention; `?q=&team=&tag=&lifecycle=&sort=` narrow and order them.

    `?only=` leaves in the table the systems behind one figure, `?page=` is the page of the table.
    """
    now = timezone.now()
    systems = entries_of(request.membership)
    wanted = Filter.read(request.GET)
    shown = wanted.chosen(systems)
    rubric = main_rubric(shown)
    recounting = Recounting()
    rows = wanted.ordered(standings(shown, now, recounting)) if shown else Once()
    only = request.GET.get("only", "")
    listed = Listed.of(rubric, rows, only, request.GET.get("page", ""))
    past = read_past(shown, [row.system for row in listed.page.rows], rubric, now - SPARK, now, recounting)
    owner = request.membership.organisation
    whole = parts.Whole(
        organisation=owner.slug,
        name=owner.name,
        listed=len(systems),
        shown=len(shown),
        wanted=wanted,
        choices=Choices.of(systems),
        only=only,
        query=query_of(request.GET),
        may_assess=request.membership.may(Role.ASSESSOR),
        page=present(rubric, rows, now, wanted, listed, past),
    )
    context = {
        "now": now,
        "since": now - COMPARED,
        "trend": past.buckets,
        "shown": whole,
    }
    return render(request, "dashboards/organisation.html", context)
