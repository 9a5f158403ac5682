"""Comparisons: up to six systems beside each other, or one system at two dates."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.compiled import compiled
from accounts.models import Membership, Role
from assessments.entries import Entry, entries_named
from assessments.models import System
from dashboards.moments import moment_of
from dashboards.organisation.compare_presenters import Form, Table, beside, columns_of, present_changes
from rubric.once import Once
from scores.changes import changes
from scores.overview import COMPARED
from scores.recorded import recorded_of
from scores.snapshots import stands_at

NONE: Once[Entry] = Once()
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
    asked = tuple(dict.fromkeys(slug for slug in request.GET.getlist("system") if slug))[:MOST_ASKED]
    chosen, unknown = _chosen(entries_named(request.membership, asked), asked) if asked else (NONE, ())
    only = request.GET.get("only") == "differences"
    context: dict[str, Any] = {
        "at": at,
        "since": since,
        "chosen": chosen,
        "unknown": unknown,
        "alike": _alike(request, unknown[0]) if unknown else [],
        "form": Form(
            fields=(*[system.slug for system in chosen], *[""] * (MOST - len(chosen))),
            offered=tuple(_offered(request.membership.organisation_id)),
            since=f"{since:%Y-%m-%d}",
            day=f"{at:%Y-%m-%d}" if at != now else "",
            dates=len(chosen) < 2,
            beside=len(chosen) > 1,
            only=only,
        ),
    }
    if len(chosen) == 1:
        recorded = recorded_of(request.membership, chosen[0].slug)
        if recorded is None:
            raise Http404
        context["changes"] = present_changes(changes(recorded, since, at))
    elif chosen:
        shown = beside(columns_of(chosen, stands_at(chosen, at), at), only)
        context["table"] = Table(request.membership.organisation.slug, shown)
    return render(request, "dashboards/compare.html", context)


# A list that was read before is the same one still, and so is what is known of how its systems stand.
@lru_cache(maxsize=64)
def _chosen(found: Once[Entry], asked: tuple[str, ...]) -> tuple[Once[Entry], tuple[str, ...]]:
    """The first of the systems asked for, in that order, and the slugs that none has."""
    by_slug = {system.slug: system for system in found}
    chosen = [by_slug[slug] for slug in asked if slug in by_slug][:MOST]
    return Once(chosen), tuple([slug for slug in asked if slug not in by_slug])


@compiled
def _offered(organisation: int) -> QuerySet[System, tuple[str, str]]:
    visible = System.objects.visible_to(Membership(organisation_id=organisation))
    return visible.values_list("slug", "name")[:MOST_OFFERED]


def _alike(request: MemberRequest, asked: str) -> list[tuple[str, str]]:
    """Some of the systems whose name or slug contains what was asked for, with the query part that names each instead."""
    visible = System.objects.visible_to(request.membership)
    named = visible.filter(Q(name__icontains=asked) | Q(slug__icontains=asked)).values_list("name", "slug")
    found = []
    for name, slug in named[:MOST_ALIKE]:
        instead = request.GET.copy()
        instead.setlist("system", [slug if each == asked else each for each in request.GET.getlist("system")])
        found.append((name, "?" + instead.urlencode()))
    return found
