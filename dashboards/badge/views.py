"""A system's badge settings: see it, copy it, turn it on and off, renew its key."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.models import Role
from assessments.badges import renew_key, show_chart, turn_off, turn_on
from assessments.models import Badge
from dashboards.assessing.finding import system_or_404
from dashboards.badge.chart import HEIGHT, WIDTH


@require_safe
@member_page(Role.VIEWER)
def badge(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """The badge with what to copy; every member sees it, admins change it."""
    found = system_or_404(request.membership, system)
    shown = Badge.objects.filter(system=found, on=True).first()
    paths = {kind: reverse(f"badge-{kind}", args=[shown.key]) for kind in ("svg", "json")} if shown else {}
    context = {
        "system": found,
        "badge": shown,
        "has_key": shown is not None or Badge.objects.filter(system=found).exists(),
        "picture": paths.get("svg"),
        "svg": settings.PUBLIC_URL + paths.get("svg", ""),
        "chart_picture": reverse("badge-chart", args=[shown.key]) if shown and shown.chart else "",
        "chart_size": (WIDTH, HEIGHT),
        "public_url": settings.PUBLIC_URL,
        "json": settings.PUBLIC_URL + paths.get("json", ""),
        "page": settings.PUBLIC_URL + reverse("system", args=[organisation, system]),
        "may_manage": request.membership.may(Role.ADMIN),
    }
    return render(request, "dashboards/badge.html", context)


@require_POST
@member_page(Role.ADMIN)
def on(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """Turn the badge on."""
    found = system_or_404(request.membership, system)
    turn_on(actor=Actor.of(request.membership), system=found, at=timezone.now())
    messages.success(request, "The badge is on.")
    return redirect("system-badge", organisation, system)


@require_POST
@member_page(Role.ADMIN)
def off(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """Turn the badge off; its key is kept for the day it comes back."""
    found = system_or_404(request.membership, system)
    turn_off(actor=Actor.of(request.membership), system=found, at=timezone.now())
    messages.success(request, "The badge is off. Caches may show it for five more minutes.")
    return redirect("system-badge", organisation, system)


@require_POST
@member_page(Role.ADMIN)
def chart(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """Turn the chart beside the badge on or off, as `chart` says."""
    found = system_or_404(request.membership, system)
    if not Badge.objects.filter(system=found).exists():
        raise Http404("This system has no badge yet.")
    shown = request.POST.get("chart") == "on"
    show_chart(actor=Actor.of(request.membership), system=found, shown=shown, at=timezone.now())
    messages.success(
        request, "The chart is on." if shown else "The chart is off. Caches may show it for five more minutes."
    )
    return redirect("system-badge", organisation, system)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.ADMIN)
def renew(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """Ask once, then give the badge another key."""
    found = system_or_404(request.membership, system)
    if not Badge.objects.filter(system=found).exists():
        raise Http404("This system has no badge yet.")
    if request.method == "POST":
        renew_key(actor=Actor.of(request.membership), system=found, at=timezone.now())
        messages.success(request, "The badge has a new address.")
        return redirect("system-badge", organisation, system)
    return render(request, "dashboards/badge_renew.html", {"system": found})
