"""Tokens of an organisation."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts import tokens
from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.forms import TokenForm, add_faults
from accounts.models import Role, Scope, Token


@member_page(Role.ADMIN)
@require_safe
def token_list(request: MemberRequest, organisation: str) -> HttpResponse:
    """Every token but those of keyless publishing: the usable ones first, then those that expired or were revoked."""
    now = timezone.now()
    rows = Token.objects.visible_to(request.membership).filter(binding=None)
    rows = rows.select_related("system", "created_by").order_by("-created_at")
    usable = [row for row in rows if row.usable_at(now)]
    ended = [row for row in rows if not row.usable_at(now)]
    return render(request, "accounts/tokens.html", {"usable": usable, "ended": ended})


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def token_new(request: MemberRequest, organisation: str) -> HttpResponse:
    """Create a token; the answer shows it, this once."""
    form = TokenForm(request.POST or None, organisation=request.membership.organisation)
    if request.method == "POST" and form.is_valid():
        data, now = form.cleaned_data, timezone.now()
        try:
            token, secret = tokens.create_token(
                actor=Actor.of(request.membership),
                name=data["name"],
                scopes=data["scopes"],
                system_id=data["system"],
                expires_at=now + timedelta(days=data["days"]) if data["days"] else None,
                at=now,
            )
        except Invalid as error:
            add_faults(form, error)
        else:
            return _created(request, token, secret)
    return render(request, "accounts/token_new.html", {"form": form}, status=400 if form.errors else 200)


@sensitive_variables("secret")
def _created(request: MemberRequest, token: Token, secret: str) -> HttpResponse:
    context = {
        "token": token,
        "secret": secret,
        "address": settings.PUBLIC_URL,
        "may_post": token.has_scope(Scope.RESULTS_WRITE),
        "system": token.system or request.membership.organisation.systems.first(),
    }
    response = render(request, "accounts/token_created.html", context)
    response["Cache-Control"] = "no-store"
    return response


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def token_revoke(request: MemberRequest, organisation: str, token: int) -> HttpResponse:
    """Ask whether to revoke a token, and revoke it."""
    found = get_object_or_404(
        Token.objects.visible_to(request.membership).filter(binding=None).select_related("system"), pk=token
    )
    if request.method != "POST":
        return render(request, "accounts/token_revoke.html", {"token": found})
    try:
        tokens.revoke_token(actor=Actor.of(request.membership), token_id=token, at=timezone.now())
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The token {found.name} is revoked.")
    return redirect("tokens", organisation)
