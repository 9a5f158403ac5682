"""Keyless publishing in the settings: which pipelines may, and what they have to do."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.forms import add_faults
from accounts.models import Role
from keyless.bindings import add_binding, remove_binding
from keyless.forms import FORMS
from keyless.models import Binding, Kind


@member_page(Role.ADMIN)
@require_safe
def binding_list(request: MemberRequest, organisation: str) -> HttpResponse:
    """Every binding in force."""
    bindings = list(Binding.objects.visible_to(request.membership).in_force())
    return render(request, "keyless/bindings.html", {"bindings": bindings, "kinds": Kind.choices})


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def binding_new(request: MemberRequest, organisation: str, kind: str) -> HttpResponse:
    """Bind a system to pipelines of this kind."""
    if kind not in FORMS:
        raise Http404
    form = FORMS[kind](request.POST or None, organisation=request.membership.organisation)
    if request.method == "POST" and form.is_valid():
        try:
            binding = add_binding(
                actor=Actor.of(request.membership),
                system_id=form.cleaned_data["system"],
                kind=kind,
                issuer=form.cleaned_data["issuer"],
                claims=form.pairs(),
                at=timezone.now(),
            )
        except (Invalid, Conflict) as error:
            add_faults(form, error)
        else:
            messages.success(request, f"{binding} may publish for {binding.system}.")
            return redirect("keyless-binding", organisation, binding.pk)
    context = {"form": form, "kind": Kind(kind), "kinds": Kind.choices}
    return render(request, "keyless/new.html", context, status=400 if form.errors else 200)


@member_page(Role.ADMIN)
@require_safe
def binding_page(request: MemberRequest, organisation: str, binding: int) -> HttpResponse:
    """One binding: what a token must say, how it is used, and what goes into the pipeline."""
    return render(
        request, "keyless/binding.html", {"binding": _found(request, binding), "address": settings.PUBLIC_URL}
    )


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def binding_remove(request: MemberRequest, organisation: str, binding: int) -> HttpResponse:
    """Ask whether to remove a binding, and remove it."""
    found = _found(request, binding)
    if request.method != "POST":
        return render(request, "keyless/remove.html", {"binding": found})
    try:
        remove_binding(actor=Actor.of(request.membership), binding_id=binding, at=timezone.now())
    except Binding.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, f"{found} may not publish any more.")
    return redirect("keyless", organisation)


def _found(request: MemberRequest, binding: int) -> Binding:
    return get_object_or_404(Binding.objects.visible_to(request.membership).in_force(), pk=binding)
