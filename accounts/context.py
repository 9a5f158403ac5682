"""What every template knows of the reader."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.middleware import memberships_of


def membership(request: HttpRequest) -> dict[str, Any]:
    """`membership`: the one by which this page is read, or None; `memberships`: all of the person's."""
    found = getattr(request, "membership", None)
    person = getattr(request, "user", None)
    if person is None:
        return {"membership": None, "memberships": []}
    return {"membership": found, "memberships": SimpleLazyObject(lambda: memberships_of(request))}
