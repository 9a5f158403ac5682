"""A member's notices, and what they want to be told."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, member_page
from accounts.errors import Invalid
from accounts.forms import add_faults
from accounts.models import Person, Role
from notify import notices
from notify.choices import choices_of, choose
from notify.forms import ChoicesForm
from notify.models import Notice

PAGE = 50


@member_page(Role.VIEWER)
@require_safe
def notice_list(request: MemberRequest, organisation: str) -> HttpResponse:
    """The member's notices, newest first; `?before=` is where a further page begins."""
    rows = Notice.objects.visible_to(request.membership).select_related("system")
    before = request.GET.get("before", "")
    if before:
        if not (before.isascii() and before.isdigit() and len(before) <= 18):
            raise Http404
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: PAGE + 1])
    page = found[:PAGE]
    context = {"page": page, "older": page[-1].pk if len(found) > PAGE else None, "newest": not before}
    return render(request, "notify/notices.html", context)


@member_page(Role.VIEWER)
@require_POST
def notices_read(request: MemberRequest, organisation: str) -> HttpResponse:
    """Mark the notice that the form names as read, or all of them."""
    named = request.POST.get("notice", "")
    if named and not (named.isascii() and named.isdigit() and len(named) <= 18):
        raise Http404
    notices.mark_read(reader=request.membership, at=timezone.now(), notice_id=int(named) if named else None)
    return redirect("notices", organisation)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """What the person is told, and by which way."""
    person = cast(Person, request.user)
    form = ChoicesForm(request.POST or None, choices=choices_of([person])[person.pk])
    if request.method == "POST" and form.is_valid():
        try:
            choose(person=person, channels=form.channels(), lapse_days=form.cleaned_data["lapse_days"])
        except Invalid as error:
            add_faults(form, error)
        else:
            messages.success(request, "Your choices are saved.")
            return redirect("notice-choices")
    return render(request, "notify/choices.html", {"form": form}, status=400 if form.errors else 200)
