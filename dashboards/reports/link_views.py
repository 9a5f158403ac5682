"""The links by which an organisation shares reports: for its admins."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.forms import add_faults
from accounts.models import Role
from assessments.models import System
from dashboards.moments import FIRST_YEAR, LAST_YEAR, asked_moment
from dashboards.reports.links import create_link, revoke_link
from scores.models import ShareLink

LIFETIMES = [(7, "in a week"), (30, "in 30 days"), (90, "in 90 days"), (365, "in a year")]


class LinkForm(forms.Form):
    """A link to be created. The choice of systems is made for its organisation."""

    name = forms.CharField(
        label="Name", max_length=120, help_text="Whom it is for, such as “board meeting in December”."
    )
    system = forms.ChoiceField(label="Report of", required=False)
    day = forms.DateField(
        label="As of",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Leave it empty to show the present whenever the link is opened.",
    )
    days = forms.TypedChoiceField(label="Expires", coerce=int, choices=LIFETIMES, initial=30)

    def __init__(self, *args: Any, systems: list[System], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "The whole organisation"), *((system.slug, system.name) for system in systems)]
        self.fields["system"].choices = choices  # type: ignore[attr-defined]

    def clean_day(self) -> date | None:
        """The day, where pages have something to show."""
        day: date | None = self.cleaned_data["day"]
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(f"A day from {FIRST_YEAR} to {LAST_YEAR}.")
        return day

    def as_of(self, now: datetime) -> datetime | None:
        """The last instant of the day that was chosen, `now` for the present day; None for a live link."""
        day: date | None = self.cleaned_data["day"]
        return None if day is None else asked_moment(day.isoformat(), now)


@require_safe
@member_page(Role.ADMIN)
def links(request: MemberRequest, organisation: str) -> HttpResponse:
    """Every link: those that are open first, then those that expired or were revoked."""
    now = timezone.now()
    rows = list(ShareLink.objects.visible_to(request.membership).select_related("system", "created_by"))
    context = {
        "open": [row for row in rows if row.open_at(now)],
        "ended": [row for row in rows if not row.open_at(now)],
    }
    return render(request, "reports/links.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.ADMIN)
def link_new(request: MemberRequest, organisation: str) -> HttpResponse:
    """Create a link; the answer shows its address, this once. `?system=` and `?at=` fill in the form."""
    systems = list(System.objects.visible_to(request.membership).select_related("organisation"))
    now = timezone.now()
    initial = {"system": request.GET.get("system", ""), "day": request.GET.get("at", "")[:10]}
    form = LinkForm(request.POST or None, systems=systems, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            link, secret = create_link(
                actor=Actor.of(request.membership),
                name=data["name"],
                system=next((system for system in systems if system.slug == data["system"]), None),
                as_of=form.as_of(now),
                expires_at=now + timedelta(days=data["days"]),
                at=now,
            )
        except Invalid as error:
            add_faults(form, error)
        else:
            return _created(request, link, secret)
    return render(request, "reports/link_new.html", {"form": form}, status=400 if form.errors else 200)


@sensitive_variables("secret")
def _created(request: MemberRequest, link: ShareLink, secret: str) -> HttpResponse:
    address = settings.PUBLIC_URL + reverse("shared-report", args=[secret])
    response = render(request, "reports/link_created.html", {"link": link, "address": address})
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.ADMIN)
def link_revoke(request: MemberRequest, organisation: str, link: int) -> HttpResponse:
    """Ask whether to revoke a link, and revoke it."""
    found = get_object_or_404(ShareLink.objects.visible_to(request.membership).select_related("system"), pk=link)
    if request.method != "POST":
        return render(request, "reports/link_revoke.html", {"link": found})
    try:
        revoke_link(actor=Actor.of(request.membership), link_id=link, at=timezone.now())
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The link {found.name} is revoked.")
    return redirect("share-links", organisation)
