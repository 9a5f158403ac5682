"""Comparisons: up to six systems beside each other, or one system at two dates."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.compiled import compiled
from accounts.models import Membership, Role
from assessments.models import System
from assessments.models.core import SystemQuerySet
from dashboards.moments import moment_of
from dashboards.organisation.compare_presenters import beside, present_changes
from rubric.loader import builtin
from scores.changes import changes
from scores.overview import COMPARED
from scores.snapshots import snapshots

MOST = 6
MOST_ASKED = 20
MOST_OFFERED = 100
MOST_ALIKE = 8
"""How many systems the fields offer, and how many a name that none has brings up; all others are found by typing."""


@require_safe
@member_page(Role.VIEWER)
def compare(request: MemberRequest, organisation: str) -> HttpResponse:
    """The systems that `?system=` names, repeated up to six times, as of `?at=`; a single one also as of `?since=`."""
    now = timezone.now()
    at = moment_of(request.GET.get("at", ""), now)
    since = moment_of(request.GET.get("since", ""), now) if request.GET.get("since") else at - COMPARED
    if since > at:
        raise BadRequest("`since` lies after the date to compare it with.")
    visible = System.objects.visible_to(request.membership)
    asked = list(dict.fromkeys(slug for slug in request.GET.getlist("system") if slug))[:MOST_ASKED]
    by_slug = {system.slug: system for system in _named(request.membership.organisation_id, *asked)} if asked else {}
    chosen = [by_slug[slug] for slug in asked if slug in by_slug][:MOST]
    unknown = [slug for slug in asked if slug not in by_slug]
    only = request.GET.get("only") == "differences"
    context: dict[str, Any] = {
        "now": now,
        "at": at,
        "past": at != now,
        "since": since,
        "offered": _offered(request.membership.organisation_id),
        "chosen": chosen,
        "unknown": unknown,
        "alike": _alike(visible, request.GET, unknown[0]) if unknown else [],
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


@compiled
def _named(organisation: int, *slugs: str) -> QuerySet[System]:
    return _visible(organisation).filter(slug__in=slugs).select_related("organisation")


@compiled
def _offered(organisation: int) -> QuerySet[System, tuple[str, str]]:
    return _visible(organisation).values_list("slug", "name")[:MOST_OFFERED]


def _visible(organisation: int) -> SystemQuerySet:
    return System.objects.visible_to(Membership(organisation_id=organisation))


def _alike(systems: SystemQuerySet, query: QueryDict, asked: str) -> list[tuple[str, str]]:
    """Some of the systems whose name or slug contains what was asked for, with the query part that names each instead."""
    named = systems.filter(Q(name__icontains=asked) | Q(slug__icontains=asked)).values_list("name", "slug")
    found = []
    for name, slug in named[:MOST_ALIKE]:
        instead = query.copy()
        instead.setlist("system", [slug if each == asked else each for each in query.getlist("system")])
        found.append((name, "?" + instead.urlencode()))
    return found
