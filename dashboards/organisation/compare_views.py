"""Comparisons: up to six systems beside each other, or one system at two dates."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from dashboards.moments import moment_of
from dashboards.organisation.compare_presenters import beside, present_changes
from dashboards.organisation.reading import systems_of
from rubric.loader import builtin
from scores.changes import changes
from scores.overview import COMPARED
from scores.snapshots import snapshots

MOST = 6


@require_safe
@member_page(Role.VIEWER)
def compare(request: MemberRequest, organisation: str) -> HttpResponse:
    """The systems that `?system=` names, repeated up to six times, as of `?at=`; a single one also as of `?since=`."""
    now = timezone.now()
    at = moment_of(request.GET.get("at", ""), now)
    since = moment_of(request.GET.get("since", ""), now) if request.GET.get("since") else at - COMPARED
    if since > at:
        raise BadRequest("`since` lies after the date to compare it with.")
    by_slug = {system.slug: system for system in systems_of(request.membership)}
    asked = list(dict.fromkeys(slug for slug in request.GET.getlist("system") if slug))
    chosen = [by_slug[slug] for slug in asked if slug in by_slug][:MOST]
    only = request.GET.get("only") == "differences"
    context: dict[str, Any] = {
        "now": now,
        "at": at,
        "past": at != now,
        "since": since,
        "systems": list(by_slug.values()),
        "chosen": chosen,
        "unknown": [slug for slug in asked if slug not in by_slug],
        "fields": [*(system.slug for system in chosen), *[""] * (MOST - len(chosen))],
        "only": only,
    }
    if len(chosen) == 1:
        rubric = builtin()[chosen[0].edition_at(at)]
        context |= {"page": present_changes(changes(chosen[0], since, at), rubric), "rubric": rubric}
    elif chosen:
        rows = snapshots(chosen, at)
        context |= {"rows": rows, "categories": beside(rows, at, only)}
    return render(request, "dashboards/compare.html", context)
