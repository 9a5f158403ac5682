"""Signing in somebody who made their account a moment ago."""

from __future__ import annotations

from allauth.account.utils import perform_login
from django.http import HttpRequest, HttpResponse

from accounts.models import Person


def sign_in(request: HttpRequest, person: Person, address: str) -> HttpResponse:
    """Sign the person in, as any other sign-in does, and send them on to `address`."""
    response: HttpResponse = perform_login(request, person, redirect_url=address)
    return response
