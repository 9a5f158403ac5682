"""Pages as their readers get them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from django.test import Client

from accounts.models import Membership
from assessments.models import System

SignIn = Callable[[Membership], Client]
BUDGET = 12


def text_of(html: str) -> str:
    """The words that a reader gets, on one line."""
    body = re.sub(r"<script.*?</script>|<svg class=\"sprite\".*?</svg>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def address(system: System, rest: str = "") -> str:
    return f"/o/{system.organisation.slug}/systems/{system.slug}/{rest}"


def read(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()
