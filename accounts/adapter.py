"""What django-allauth asks this project."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils import timezone

from accounts import invitations
from accounts.models import Invitation, Person

INVITED_BY = "invitation"


def carry_invitation(request: HttpRequest, invitation: Invitation) -> None:
    """Let this browser session sign up by single sign-on, as the one who holds the invitation's link."""
    request.session[INVITED_BY] = invitation.pk


def carried_invitation(request: HttpRequest) -> Invitation | None:
    """The open invitation that this browser session carries, if any."""
    key = request.session.get(INVITED_BY)
    found = Invitation.objects.select_related("organisation").filter(pk=key).first() if key else None
    return found if found is not None and found.open_at(timezone.now()) else None


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """E-mail and password."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made on an invitation's own page; this allows the rest of the way to single sign-on alone."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Answer 429, not a form error with a 200, where an address or an account has seen too many wrong passwords."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            raise ImmediateHttpResponse(respond_429(request)) from error


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Single sign-on by OpenID Connect."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Only for those whose session carries an open invitation."""
        return carried_invitation(request) is not None

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Person:
        """Take the name that the issuer gives."""
        person: Person = super().populate_user(request, sociallogin, data)
        parts = (data.get("name"), data.get("first_name"), data.get("last_name"))
        person.name = str(parts[0] or " ".join(filter(None, parts[1:])))[:120]
        return person

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: BaseForm | None = None) -> Person:
        """Make the account, and the member that the invitation is for."""
        person: Person = super().save_user(request, sociallogin, form)
        invitation = carried_invitation(request)
        if invitation is not None:
            invitations.accept(invitation=invitation, person=person, at=timezone.now())
            request.session.pop(INVITED_BY, None)
        return person
