"""The access table's rows of what is taken along: exports, and what other sites embed."""

from __future__ import annotations

from accounts.models import Role
from tests.access.rows import Page, Who

BASE = "o/<slug:organisation>/"

TAKING = [
    Page(BASE + "export/", {"GET": Role.ADMIN}),
    Page(
        BASE + "export/<slug:name>/",
        {"POST": Role.ADMIN},
        lambda world: {"name": "results"},
        lambda world: {"format": "csv"},
    ),
    Page("badge/<str:key>/chart.svg", {"GET": Who.ANYONE}, lambda world: {"key": world.charted.key}),
    Page(
        BASE + "systems/<slug:system>/badge/chart/",
        {"POST": Role.ADMIN},
        lambda world: {"system": world.badge.system.slug},
        lambda world: {"chart": "on"},
    ),
]
