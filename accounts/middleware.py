"""Finds the membership by which a signed-in person reads an organisation's pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from accounts.backend import memberships_by
from accounts.models import Membership, Person

LAST_ORGANISATION = "organisation"
ONE_YEAR = 365 * 24 * 3600


def memberships_of(request: HttpRequest) -> list[Membership]:
    """All memberships of the person who is signed in, by the organisations' names; read once a request."""
    if not hasattr(request, "memberships"):
        found: list[Membership] = []
        if isinstance(request.user, Person):
            known = request.user.known_memberships
            found = memberships_by(request.user.pk) if known is None else known
        request.memberships = found  # type: ignore[attr-defined]
    return list(request.memberships)  # type: ignore[attr-defined]


class Memberships:
    """Sets `request.membership` on every address that names an organisation.

    Strangers get the same 404 as for an organisation that does not exist. Those who are not signed in are sent to the
    sign-in; a fragment's request gets a 401 instead, so that the page keeps what was typed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        membership: Membership | None = getattr(request, "membership", None)
        if membership is not None:
            remember(request, response, membership)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Resolve the organisation that the address names, if it names one."""
        slug = kwargs.get("organisation")
        if slug is None:
            return None
        if not request.user.is_authenticated:
            if request.headers.get("HX-Request") == "true":
                return HttpResponse(
                    "You are signed out. Sign in again to go on.", status=401, content_type="text/plain"
                )
            # An address that only takes a form has nothing to show after signing in.
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
        membership = next((each for each in memberships_of(request) if each.organisation.slug == slug), None)
        if membership is None:
            raise Http404
        request.membership = membership  # type: ignore[attr-defined]
        return None


def remember(request: HttpRequest, response: HttpResponse, membership: Membership) -> None:
    """Have the browser remember the organisation, where `/` leads next time."""
    slug = membership.organisation.slug
    if request.COOKIES.get(LAST_ORGANISATION) != slug:
        response.set_cookie(
            LAST_ORGANISATION,
            slug,
            max_age=ONE_YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
