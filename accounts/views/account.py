"""One's own account."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import members
from accounts.access import MemberRequest, member_page
from accounts.errors import Conflict
from accounts.forms import NameForm
from accounts.models import Person, Role
from accounts.people import rename_person


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Name, sign-in, sessions and organisations of the person; a POST changes the name."""
    person = cast(Person, request.user)
    form = NameForm(request.POST or None, initial={"name": person.name})
    if request.method == "POST" and form.is_valid():
        rename_person(person=person, name=form.cleaned_data["name"])
        messages.success(request, "Your name is saved.")
        return redirect("account")
    return render(request, "accounts/account.html", {"form": form}, status=400 if form.errors else 200)


@member_page(Role.VIEWER)
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: MemberRequest, organisation: str) -> HttpResponse:
    """Ask whether to leave, and leave."""
    refused = None
    if request.method == "POST":
        name = request.membership.organisation.name
        try:
            members.leave(membership=request.membership, at=timezone.now())
        except Conflict as error:
            refused = str(error)
        else:
            messages.success(request, f"You have left {name}.")
            return redirect("account")
    return render(request, "accounts/leave.html", {"refused": refused}, status=409 if refused else 200)
