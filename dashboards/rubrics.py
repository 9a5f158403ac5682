"""The published rubrics, to read: what each test asks and how to go about it, and a checklist to fill in."""

from __future__ import annotations

from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from assessments import csv_form
from dashboards.assessing.presenters import WORDS, scale_mark
from dashboards.assessing.views import csv_response
from rubric.definition import Rubric
from rubric.loader import builtin


@member_page(Role.VIEWER)
@require_safe
def rubrics(request: MemberRequest, organisation: str) -> HttpResponseBase:
    """All published rubrics."""
    return render(request, "rubrics/rubrics.html", {"rubrics": builtin().values()})


@member_page(Role.VIEWER)
@require_safe
def rubric(request: MemberRequest, organisation: str, key: str) -> HttpResponseBase:
    """One rubric with its whole guidance; every test can be linked to by its key."""
    found = _rubric_or_404(key)
    scale = [(WORDS[level.key], scale_mark(points)) for level, points in found.scale.items()]
    first = [found.tests[test] for test in found.starting_order]
    context = {"rubric": found, "scale": scale, "first": first, "others": builtin().values()}
    return render(request, "rubrics/rubric.html", context)


@member_page(Role.VIEWER)
@require_safe
def blank_csv(request: MemberRequest, organisation: str, key: str) -> HttpResponseBase:
    """The rubric as a blank checklist."""
    return csv_response(csv_form.write(_rubric_or_404(key), {}), f"{key}.csv")


def _rubric_or_404(key: str) -> Rubric:
    if key not in builtin():
        raise Http404
    return builtin()[key]
