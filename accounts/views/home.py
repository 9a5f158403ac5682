"""The root address: on to an organisation, or a word on how to get into one."""

from __future__ import annotations

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts import first_visit
from accounts.middleware import LAST_ORGANISATION, memberships_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the only or the last used organisation; else a choice, or what to do without any."""
    if not request.user.is_authenticated:
        return redirect("setup") if first_visit.is_open() else redirect_to_login("/")
    slugs = [each.organisation.slug for each in memberships_of(request)]
    last = request.COOKIES.get(LAST_ORGANISATION)
    if last in slugs or len(slugs) == 1:
        return redirect("organisation", last if last in slugs else slugs[0])
    return render(request, "accounts/home.html")
