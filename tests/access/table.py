"""The access table: every route, every method that it takes, and who gets in. `test_access` tries each of its cells.

A route that is missing here fails the suite, as does a method that a route takes and its row does not name.

To add a page, add `Page(route, {method: least role})`; routes are written as in the URL patterns, with all their prefixes.
To add an API endpoint, add `Endpoint(route, {method: scope}, reach)` in endpoints.py. Where a route has arguments,
`arguments` makes them from the World (world.py, where you add what is missing); `data` makes the form or JSON body.
A cell says that somebody gets in, not that their form is right, so `data` may be left out where a fault is answered with
400 or a page. What exists by default (`organisation`) need not be named.
"""

from __future__ import annotations

from accounts.models import Role
from dashboards.assessing.attaching import signer
from tests.access.reports import REPORTS
from tests.access.rows import Page, Who
from tests.access.taking import TAKING
from tests.access.world import World

VIEWER, ASSESSOR, ADMIN, OWNER = Role.VIEWER, Role.ASSESSOR, Role.ADMIN, Role.OWNER
BASE = "o/<slug:organisation>/"
SHOWN = BASE + "systems/<slug:system>/"


def of_member(world: World) -> dict[str, int]:
    return {"member": world.member.pk}


def of_invitation(world: World) -> dict[str, int]:
    return {"invitation": world.invited[0].pk}


def of_token(world: World) -> dict[str, int]:
    return {"token": world.token.pk}


def of_binding(world: World) -> dict[str, int]:
    return {"binding": world.binding.pk}


WEBHOOK = BASE + "webhooks/<int:webhook>/"


def of_webhook(world: World) -> dict[str, int]:
    return {"webhook": world.webhook.pk}


def of_delivery(world: World) -> dict[str, int]:
    return {"webhook": world.webhook.pk, "number": world.webhook_delivery.pk}


def of_system(world: World) -> dict[str, str]:
    return {"slug": world.system.slug}


def of_draft(world: World) -> dict[str, str | int]:
    return {"slug": world.system.slug, "number": world.draft.pk, "test": "data-1"}


def of_final(world: World) -> dict[str, str | int]:
    return {"slug": world.system.slug, "number": world.final.pk}


def of_file(world: World) -> dict[str, str | int]:
    attachment = world.file.pk
    signature = signer.sign(str(attachment)).partition(":")[2]
    return {"slug": world.system.slug, "number": world.draft.pk, "attachment": attachment, "signature": signature}


def of_rubric(world: World) -> dict[str, str]:
    return {"key": "ml-test-score-2017"}


def of_initiative(world: World) -> dict[str, int]:
    return {"number": world.initiative.pk}


SYSTEM = BASE + "systems/<slug:slug>/"
INITIATIVE = BASE + "initiatives/<int:number>/"
ASSESSMENTS = SYSTEM + "assessments/"
ASSESSMENT = ASSESSMENTS + "<int:number>/"
VOID_EVENT = "timeline/<int:number>/void/"
SESSION = BASE + "sessions/<slug:code>/"


def of_shown(world: World) -> dict[str, str]:
    return {"system": world.system.slug}


def of_shown_result(world: World) -> dict[str, object]:
    return {"system": world.system.slug, "number": world.result.pk}


def of_key(world: World) -> dict[str, object]:
    return {"key": world.badge.key}


def of_shown_badge(world: World) -> dict[str, object]:
    """A system with a badge, whose key can be renewed."""
    return {"system": world.badge.system.slug}


def of_shown_version(world: World) -> dict[str, object]:
    return {"system": world.system.slug, "version": world.result.model_version}


def of_session(world: World) -> dict[str, str]:
    return {"code": world.session.code, "test": "data-1"}


PAGES = [
    *REPORTS,
    *TAKING,
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
    Page("badge/<str:key>.svg", {"GET": Who.ANYONE}, of_key),
    Page("badge/<str:key>.json", {"GET": Who.ANYONE}, of_key),
    Page(SHOWN + "badge/", {"GET": VIEWER}, of_shown),
    Page(SHOWN + "badge/on/", {"POST": ADMIN}, of_shown),
    Page(SHOWN + "badge/off/", {"POST": ADMIN}, of_shown),
    Page(SHOWN + "badge/renew/", {"GET": ADMIN, "POST": ADMIN}, of_shown_badge),
    Page(BASE + "activity/", {"GET": VIEWER}),
    Page(BASE + "heat-map/", {"GET": VIEWER}),
    Page(BASE + "gaps/", {"GET": VIEWER}),
    Page(BASE + "compare/", {"GET": VIEWER}),
    Page(BASE + "moved/", {"GET": VIEWER}),
    Page(BASE + "lapses/", {"GET": VIEWER}),
    Page(BASE + "roll-ups/", {"GET": VIEWER}),
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
    Page(BASE + "keyless/", {"GET": ADMIN}),
    Page(
        BASE + "keyless/new/<slug:kind>/",
        {"GET": ADMIN, "POST": ADMIN},
        lambda world: {"kind": "gitlab"},
        lambda world: {"system": world.system.pk, "project": "acme/ranker", "issuer": "https://gitlab.com"},
    ),
    Page(BASE + "keyless/<int:binding>/", {"GET": ADMIN}, of_binding),
    Page(BASE + "keyless/<int:binding>/remove/", {"GET": ADMIN, "POST": ADMIN}, of_binding),
    Page("account/notices/", {"GET": Who.SIGNED_IN, "POST": Who.SIGNED_IN}, data=lambda world: {"lapse_days": "9"}),
    Page(BASE + "notices/", {"GET": VIEWER}),
    Page(BASE + "notices/read/", {"POST": VIEWER}),
    Page(BASE + "webhooks/", {"GET": ADMIN}),
    Page(
        BASE + "webhooks/new/",
        {"GET": ADMIN, "POST": ADMIN},
        data=lambda world: {"name": "Chat", "url": "https://x.example/", "shape": "slack", "kinds": ["band.changed"]},
    ),
    Page(WEBHOOK, {"GET": ADMIN, "POST": ADMIN}, of_webhook),
    Page(WEBHOOK + "rotate/", {"GET": ADMIN, "POST": ADMIN}, of_webhook),
    Page(WEBHOOK + "delete/", {"GET": ADMIN, "POST": ADMIN}, of_webhook),
    Page(WEBHOOK + "ping/", {"POST": ADMIN}, of_webhook),
    Page(WEBHOOK + "deliveries/<int:number>/resend/", {"POST": ADMIN}, of_delivery),
    Page(BASE + "rubric/", {"GET": VIEWER}),
    Page(BASE + "rubric/<slug:key>/", {"GET": VIEWER}, of_rubric),
    Page(BASE + "rubric/<slug:key>/csv/", {"GET": VIEWER}, of_rubric),
    Page(
        BASE + "systems/new/",
        {"GET": ASSESSOR, "POST": ASSESSOR},
        data=lambda world: {"name": "Ranker", "lifecycle": "production", "rubric": "ml-test-score-2017"},
    ),
    Page(
        SYSTEM + "edit/",
        {"GET": ASSESSOR, "POST": ASSESSOR},
        of_system,
        lambda world: {"name": "Fraud scorer 2", "lifecycle": "production"},
    ),
    Page(SYSTEM + "retire/", {"GET": ASSESSOR, "POST": ASSESSOR}, of_system),
    Page(SYSTEM + "rules/", {"GET": ASSESSOR, "POST": ASSESSOR}, of_system, lambda world: {"window-data-1": "7"}),
    Page(SYSTEM + "mapping/", {"GET": ASSESSOR, "POST": ASSESSOR}, of_system, lambda world: {"do": "save"}),
    Page(SYSTEM + "mapping.toml", {"GET": VIEWER}, of_system),
    Page(BASE + "settings/mapping/", {"GET": ADMIN, "POST": ADMIN}, data=lambda world: {"do": "save"}),
    Page(BASE + "settings/mapping.toml", {"GET": VIEWER}),
    Page(SYSTEM + "efforts/", {"GET": ASSESSOR, "POST": ASSESSOR}, of_system, lambda world: {"effort-data-1": "L"}),
    Page(BASE + "settings/efforts/", {"GET": VIEWER, "POST": ADMIN}, data=lambda world: {"effort-data-1": "L"}),
    Page(BASE + "initiatives/", {"GET": VIEWER}),
    Page(
        SHOWN + "plan/initiative/",
        {"GET": ASSESSOR, "POST": ASSESSOR},
        of_shown,
        lambda world: {"step": "data-1.manual", "title": "Schemas"},
    ),
    Page(INITIATIVE, {"GET": VIEWER}, of_initiative),
    Page(INITIATIVE + "csv/", {"GET": VIEWER}, of_initiative),
    Page(
        INITIATIVE + "edit/", {"GET": ASSESSOR, "POST": ASSESSOR}, of_initiative, lambda world: {"title": "All schemas"}
    ),
    Page(INITIATIVE + "delete/", {"GET": ASSESSOR, "POST": ASSESSOR}, of_initiative),
    Page(
        SYSTEM + "edition/",
        {"GET": ASSESSOR, "POST": ASSESSOR},
        of_system,
        lambda world: {"rubric": "ml-test-score-2016"},
    ),
    Page(ASSESSMENTS, {"GET": VIEWER}, of_system),
    Page(ASSESSMENTS + "start/", {"POST": ASSESSOR}, of_system),
    Page(ASSESSMENTS + "upload/", {"GET": ASSESSOR, "POST": ASSESSOR}, of_system),
    Page(ASSESSMENT, {"GET": VIEWER, "POST": ASSESSOR}, of_draft, lambda world: {"data-1-level": "manual"}),
    Page(
        ASSESSMENT + "answers/<slug:test>/",
        {"GET": ASSESSOR, "POST": ASSESSOR},
        of_draft,
        lambda world: {"data-1-level": "manual", "data-1-version": "0"},
    ),
    Page(ASSESSMENT + "live/", {"POST": ASSESSOR}, of_draft),
    Page(
        ASSESSMENTS + "tests/<slug:test>/",
        {"GET": VIEWER, "POST": ASSESSOR},
        lambda world: {**of_system(world), "test": "data-1"},
        lambda world: {"text": "Is this so?"},
    ),
    Page(
        ASSESSMENTS + "tests/<slug:test>/assign/",
        {"POST": ASSESSOR},
        lambda world: {**of_system(world), "test": "data-1"},
        lambda world: {"due": "2027-01-15"},
    ),
    Page(
        ASSESSMENT + "attachments/<slug:test>/",
        {"GET": VIEWER, "POST": ASSESSOR},
        of_draft,
        lambda world: {"note": "Minutes of 3 May."},
    ),
    Page(ASSESSMENT + "files/<int:attachment>/", {"GET": VIEWER}, of_file),
    Page(ASSESSMENT + "files/<int:attachment>/<str:signature>/", {"GET": VIEWER}, of_file),
    Page(ASSESSMENT + "marks/", {"POST": ASSESSOR}, of_draft, lambda world: {"decline": "data-1 manual"}),
    Page(ASSESSMENT + "copy/", {"GET": ASSESSOR, "POST": ASSESSOR}, of_draft),
    Page(ASSESSMENT + "submit/", {"POST": ASSESSOR}, of_draft),
    Page(ASSESSMENT + "withdraw/", {"POST": ASSESSOR}, of_draft),
    Page(ASSESSMENT + "send-back/", {"POST": ASSESSOR}, of_draft, lambda world: {"remarks": "Say why."}),
    Page(ASSESSMENT + "csv/", {"GET": VIEWER}, of_draft),
    Page(ASSESSMENT + "review/", {"GET": ASSESSOR}, of_draft),
    Page(ASSESSMENT + "finalise/", {"POST": ASSESSOR}, of_draft),
    Page(ASSESSMENT + "discard/", {"GET": ASSESSOR, "POST": ASSESSOR}, of_draft),
    Page(ASSESSMENT + "void/", {"GET": ADMIN, "POST": ADMIN}, of_final, lambda world: {"reason": "Wrong system."}),
    Page(ASSESSMENT + "session/", {"GET": ASSESSOR, "POST": ASSESSOR}, of_draft, lambda world: {"votes": "named"}),
    Page(BASE + "sessions/", {"GET": VIEWER}),
    Page(SESSION, {"GET": VIEWER}, of_session),
    Page(SESSION + "progress/", {"GET": VIEWER}, of_session),
    Page(SESSION + "vote/", {"GET": VIEWER, "POST": ASSESSOR}, of_session, lambda world: {"vote-data-1": "manual"}),
    Page(SESSION + "reveal/", {"GET": ASSESSOR, "POST": ASSESSOR}, of_session),
    Page(SESSION + "agree/<slug:test>/", {"POST": ASSESSOR}, of_session, lambda world: {"choice": "manual"}),
    Page(SESSION + "end/", {"GET": ASSESSOR, "POST": ASSESSOR}, of_session),
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
    Page(BASE, {"GET": VIEWER}),
    Page(SHOWN, {"GET": VIEWER}, of_shown),
    Page(SHOWN + "connect/", {"GET": VIEWER}, of_shown),
    Page(SHOWN + "plan/", {"GET": VIEWER}, of_shown),
    Page(SHOWN + "tests/<slug:test>/", {"GET": VIEWER}, lambda world: {**of_shown(world), "test": "data-1"}),
    Page(SHOWN + "explain/", {"GET": VIEWER}, of_shown),
    Page(SHOWN + "timeline/", {"GET": VIEWER}, of_shown),
    Page(SHOWN + "timeline/record/", {"POST": ASSESSOR}, of_shown, lambda world: {"kind": "note", "title": "Moved"}),
    Page(
        SHOWN + VOID_EVENT, {"GET": ADMIN, "POST": ADMIN}, lambda world: {**of_shown(world), "number": world.event.pk}
    ),
    Page(SHOWN + "model-versions/", {"GET": VIEWER}, of_shown),
    Page(SHOWN + "model-versions/<anytext:version>/", {"GET": VIEWER}, of_shown_version),
    Page(SHOWN + "results/", {"GET": VIEWER}, of_shown),
    Page(SHOWN + "results/<int:number>/", {"GET": VIEWER}, of_shown_result),
    Page(
        SHOWN + "results/<int:number>/void/", {"POST": ADMIN}, of_shown_result, lambda world: {"reason": "wrong data"}
    ),
    Page(r"api/^[\s\S]*$", dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), Who.NOBODY)),
]
