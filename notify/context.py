"""What every template knows of the reader's notices."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def unread(request: HttpRequest) -> dict[str, Any]:
    """`unread`: how many notices wait for the member, as the middleware counted them with the membership."""
    return {"unread": getattr(getattr(request, "membership", None), "unread", 0)}
