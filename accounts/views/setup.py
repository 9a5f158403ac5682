"""The first visit to an empty installation."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import first_visit
from accounts.errors import Conflict, Invalid
from accounts.forms import SetupForm, add_faults
from accounts.views.signing_in import sign_in


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Found the first organisation with the one-time code; 404 as soon as there is one."""
    if not first_visit.is_open():
        raise Http404
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = {field: form.cleaned_data[field] for field in ("code", "organisation", "email", "name", "password")}
        try:
            owner = first_visit.set_up(**data, at=timezone.now())
        except (Invalid, Conflict) as error:
            add_faults(form, error)
        else:
            return sign_in(request, owner, "/")
    return render(request, "accounts/setup.html", {"form": form}, status=400 if form.errors else 200)
