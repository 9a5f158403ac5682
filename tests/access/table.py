"""The access table: every route, every method that it takes, and who gets in. `test_access` tries each of its cells.

A route that is missing here fails the suite, as does a method that a route takes and its row does not name.

To add a page, add `Page(route, {method: least role})`; routes are written as in the URL patterns, with all their prefixes.
To add an API endpoint, add `Endpoint(route, {method: scope}, reach)`. Where a route has arguments, `arguments` makes them
from the World (world.py, where you add what is missing); `data` makes the form or JSON body with which the method works.
A cell says that somebody gets in, not that their form is right, so `data` may be left out where a fault is answered with
400 or a page. What exists by default (`organisation`) need not be named.
"""

from __future__ import annotations

from accounts.models import Role
from tests.access.rows import Endpoint, Page, Who, World

VIEWER, ASSESSOR, ADMIN, OWNER = Role.VIEWER, Role.ASSESSOR, Role.ADMIN, Role.OWNER
BASE = "o/<slug:organisation>/"


def of_member(world: World) -> dict[str, int]:
    return {"member": world.member.pk}


def of_invitation(world: World) -> dict[str, int]:
    return {"invitation": world.invited[0].pk}


def of_token(world: World) -> dict[str, int]:
    return {"token": world.token.pk}


PAGES = [
    Page("healthz", {"GET": Who.ANYONE}),
    Page("readyz", {"GET": Who.ANYONE}),
    Page("metrics", {"GET": Who.NOBODY}),
    Page("", {"GET": Who.SIGNED_IN}),
    Page("setup/", {"GET": Who.NOBODY, "POST": Who.NOBODY}),
    Page("account/", {"GET": Who.SIGNED_IN, "POST": Who.SIGNED_IN}, data=lambda world: {"name": "Mel"}),
    Page(
        "invitations/<str:secret>/",
        {"GET": Who.ANYONE, "POST": Who.ANYONE},
        arguments=lambda world: {"secret": world.invited[1]},
    ),
    Page(BASE + "activity/", {"GET": VIEWER}),
    Page(BASE + "leave/", {"GET": VIEWER, "POST": VIEWER}),
    Page(BASE + "members/", {"GET": VIEWER}),
    Page(
        BASE + "members/invite/",
        {"GET": ADMIN, "POST": ADMIN},
        data=lambda world: {"email": "nick@example.org", "role": "viewer"},
    ),
    Page(BASE + "members/<int:member>/role/", {"POST": ADMIN}, of_member, lambda world: {"role": "assessor"}),
    Page(BASE + "members/<int:member>/remove/", {"GET": ADMIN, "POST": ADMIN}, of_member),
    Page(BASE + "invitations/<int:invitation>/resend/", {"POST": ADMIN}, of_invitation),
    Page(BASE + "invitations/<int:invitation>/revoke/", {"GET": ADMIN, "POST": ADMIN}, of_invitation),
    Page(BASE + "teams/", {"GET": VIEWER}),
    Page(BASE + "new-team/", {"GET": ADMIN, "POST": ADMIN}, data=lambda world: {"name": "Search"}),
    Page(
        BASE + "teams/<slug:slug>/",
        {"GET": ADMIN, "POST": ADMIN},
        lambda world: {"slug": world.team.slug},
        lambda world: {"name": "Risk and fraud"},
    ),
    Page(BASE + "tokens/", {"GET": ADMIN}),
    Page(
        BASE + "tokens/new/",
        {"GET": ADMIN, "POST": ADMIN},
        data=lambda world: {"name": "nightly", "scopes": ["read"], "days": "30"},
    ),
    Page(BASE + "tokens/<int:token>/revoke/", {"GET": ADMIN, "POST": ADMIN}, of_token),
    Page(
        BASE + "settings/",
        {"GET": VIEWER, "POST": ADMIN},
        data=lambda world: {
            "name": "Acme",
            "review_interval_days": 60,
            "window_days": 14,
            "repeat_hours": 6,
            "credit": "passed",
        },
    ),
]

ENDPOINTS: list[Endpoint] = []
