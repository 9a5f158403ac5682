"""The access table's rows of what is taken along: exports."""

from __future__ import annotations

from accounts.models import Role
from tests.access.rows import Page

BASE = "o/<slug:organisation>/"

TAKING = [
    Page(BASE + "export/", {"GET": Role.ADMIN}),
    Page(
        BASE + "export/<slug:name>/",
        {"POST": Role.ADMIN},
        lambda world: {"name": "results"},
        lambda world: {"format": "csv"},
    ),
]
