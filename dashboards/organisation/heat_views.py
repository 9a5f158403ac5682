"""The heat map: systems against the tests of a rubric; and the gaps that the systems have in common."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from assessments.entries import entries_of
from dashboards.moments import moment_of
from dashboards.organisation import parts
from dashboards.organisation.gap_presenters import present_gaps
from dashboards.organisation.heat_presenters import present_heat
from dashboards.organisation.heat_query import Failing, HeatQuery
from dashboards.organisation.reading import Choices, chosen_rubric, rubrics_of, scored_by
from scores.evidence_of import failing_tests
from scores.gaps import standing_first
from scores.snapshots import stands_at

NOTHING_FAILS: Failing = {}


@require_safe
@member_page(Role.VIEWER)
def heat_map(request: MemberRequest, organisation: str) -> HttpResponse:
    """Every test of every system as of `?at=`: level, proof, and at present what fails."""
    now = timezone.now()
    asked = HeatQuery.read(request.GET)
    at = moment_of(asked.at, now)
    systems = entries_of(request.membership)
    shown = asked.narrow.chosen(systems)
    rubric = chosen_rubric(asked.rubric, shown)
    wanted = asked.of(rubric)
    rows = scored_by(rubric, shown, at)
    past = at != now
    failing = NOTHING_FAILS if past else failing_tests(rows, now)
    heat = parts.Heat(
        organisation=request.membership.organisation.slug,
        systems=bool(systems),
        wanted=wanted,
        choices=Choices.of(systems),
        rubrics=rubrics_of(shown, at),
        others=len(shown) - len(rows),
        past=past,
        day=f"{at:%Y-%m-%d}" if past else "",
        page=present_heat(rubric, rows, stands_at(rows, at), failing, wanted),
    )
    return render(request, "dashboards/heat_map.html", {"at": at, "shown": heat})


@require_safe
@member_page(Role.VIEWER)
def gaps(request: MemberRequest, organisation: str) -> HttpResponse:
    """The tests by the share of systems that hold credit for them, as of `?at=`."""
    now = timezone.now()
    asked = HeatQuery.read(request.GET)
    at = moment_of(asked.at, now)
    systems = entries_of(request.membership)
    shown = asked.narrow.chosen(systems)
    rubric = chosen_rubric(asked.rubric, shown)
    rows = scored_by(rubric, shown, at)
    past = at != now
    lacking = parts.Gaps(
        organisation=request.membership.organisation.slug,
        systems=bool(systems),
        wanted=asked,
        choices=Choices.of(systems),
        rubrics=rubrics_of(shown, at),
        others=len(shown) - len(rows),
        past=past,
        day=f"{at:%Y-%m-%d}" if past else "",
        page=present_gaps(rubric, standing_first(rubric, stands_at(rows, at)), asked),
    )
    return render(request, "dashboards/gaps.html", {"at": at, "shown": lacking})
