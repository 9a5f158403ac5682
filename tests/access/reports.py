"""The pages of reports and of the links that share them: their part of the access table."""

from __future__ import annotations

from accounts.models import Role
from tests.access.rows import Page, Who
from tests.access.world import World

VIEWER, ADMIN = Role.VIEWER, Role.ADMIN
BASE = "o/<slug:organisation>/"


def of_shown(world: World) -> dict[str, str]:
    return {"system": world.system.slug}


def of_report(world: World) -> dict[str, int]:
    return {"number": world.report.pk}


def of_share_link(world: World) -> dict[str, object]:
    link, secret = world.share_link
    return {"link": link.pk, "secret": secret}


def new_link(world: World) -> dict[str, str]:
    return {"name": "Board", "days": "7"}


REPORTS = [
    Page(BASE + "report/", {"GET": VIEWER, "POST": VIEWER}),
    Page(BASE + "systems/<slug:system>/report/", {"GET": VIEWER, "POST": VIEWER}, of_shown),
    Page(BASE + "reports/<int:number>/", {"GET": VIEWER}, of_report),
    Page(BASE + "reports/<int:number>/file/", {"GET": VIEWER}, of_report),
    Page(BASE + "share-links/", {"GET": ADMIN}),
    Page(BASE + "share-links/new/", {"GET": ADMIN, "POST": ADMIN}, data=new_link),
    Page(BASE + "share-links/<int:link>/revoke/", {"GET": ADMIN, "POST": ADMIN}, of_share_link),
    # Open to all: the secret in the address is what lets in.
    Page("share/<str:secret>/", {"GET": Who.ANYONE, "POST": Who.ANYONE}, of_share_link),
    Page("share/<str:secret>/pdf/", {"GET": Who.ANYONE}, of_share_link),
    Page("share/<str:secret>/report.pdf", {"GET": Who.ANYONE}, of_share_link),
]
