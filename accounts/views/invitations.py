"""Inviting, and answering an invitation."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts import invitations
from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.adapter import carry_invitation
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.forms import InviteForm, NewPasswordForm, add_faults
from accounts.mail import send_invitation
from accounts.models import Invitation, Person, Role
from accounts.people import person_with
from accounts.views.members import grantable
from accounts.views.signing_in import sign_in


@sensitive_variables("secret")
def _mailed(invitation: Invitation, secret: str) -> str:
    """Mail the link; answers it. Call it in the transaction of the invitation."""
    link: str = settings.PUBLIC_URL + reverse("invitation", args=[secret])
    send_invitation(invitation, link)
    return link


@sensitive_variables("link")
def _shown(request: MemberRequest, invitation: Invitation, link: str) -> HttpResponse:
    """Show the link this once, so that it works without mail."""
    response = render(request, "accounts/invited.html", {"invitation": invitation, "link": link})
    response["Cache-Control"] = "no-store"
    return response


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: MemberRequest, organisation: str) -> HttpResponse:
    """Invite somebody by e-mail."""
    form = InviteForm(request.POST or None, roles=grantable(request.membership), initial={"role": Role.ASSESSOR.value})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                invitation, secret = invitations.invite(
                    actor=Actor.of(request.membership),
                    email=form.cleaned_data["email"],
                    role=Role(form.cleaned_data["role"]),
                    at=timezone.now(),
                )
                link = _mailed(invitation, secret)
        except Invalid as error:
            add_faults(form, error)
        else:
            return _shown(request, invitation, link)
    return render(request, "accounts/invite.html", {"form": form}, status=400 if form.errors else 200)


@member_page(Role.ADMIN)
@require_POST
def invitation_resend(request: MemberRequest, organisation: str, invitation: int) -> HttpResponse:
    """Send an invitation again, with a fresh link."""
    get_object_or_404(Invitation.objects.visible_to(request.membership), pk=invitation)
    try:
        with transaction.atomic():
            found, secret = invitations.resend(
                actor=Actor.of(request.membership), invitation_id=invitation, at=timezone.now()
            )
            link = _mailed(found, secret)
    except (Conflict, Forbidden) as error:
        messages.error(request, str(error))
        return redirect("members", organisation)
    return _shown(request, found, link)


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_revoke(request: MemberRequest, organisation: str, invitation: int) -> HttpResponse:
    """Ask whether to revoke an invitation, and revoke it."""
    found = get_object_or_404(Invitation.objects.visible_to(request.membership), pk=invitation)
    if request.method != "POST":
        return render(request, "accounts/invitation_revoke.html", {"invitation": found})
    try:
        invitations.revoke(actor=Actor.of(request.membership), invitation_id=invitation, at=timezone.now())
    except (Conflict, Forbidden) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The invitation of {found.email} is revoked.")
    return redirect("members", organisation)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """What a link leads to: join with the account that is signed in, sign in to one, or make one."""
    found = invitations.find(secret)
    if found is None or not found.open_at(timezone.now()):
        return render(request, "accounts/invitation_closed.html", status=404)
    if request.user.is_authenticated:
        return _join(request, found)
    if person_with(found.email) is not None:
        address = f"{reverse('account_login')}?next={quote(request.path)}"
        return render(request, "accounts/invitation.html", {"invitation": found, "sign_in": address})
    if "single-sign-on" in request.POST:
        carry_invitation(request, found)
        return redirect("account_login")
    return _register(request, found)


def _join(request: HttpRequest, found: Invitation) -> HttpResponse:
    refused = None
    if request.method == "POST":
        try:
            invitations.accept(invitation=found, person=cast(Person, request.user), at=timezone.now())
        except Conflict as error:
            refused = str(error)
        else:
            return redirect("organisation", found.organisation.slug)
    context = {"invitation": found, "joins": True, "refused": refused}
    return render(request, "accounts/invitation.html", context, status=409 if refused else 200)


def _register(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = NewPasswordForm(request.POST or None)
    form.address = found.email
    if request.method == "POST" and form.is_valid():
        try:
            member = invitations.accept_as_new_person(
                invitation=found,
                name=form.cleaned_data["name"],
                password=form.cleaned_data["password"],
                at=timezone.now(),
            )
        except Conflict as error:
            form.add_error(None, str(error))
        else:
            return sign_in(request, member.person, resolve_url("organisation", found.organisation.slug))
    context = {"invitation": found, "form": form, "single_sign_on": bool(settings.OIDC_ISSUER)}
    return render(request, "accounts/invitation.html", context, status=400 if form.errors else 200)
