"""What every template knows of the reader's notices."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from notify.notices import unread_count


def unread(request: HttpRequest) -> dict[str, Any]:
    """`unread`: how many notices wait for the member; counted when the template asks."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"unread": 0}
    return {"unread": SimpleLazyObject(lambda: unread_count(membership))}
