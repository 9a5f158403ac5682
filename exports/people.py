"""The organisation itself, its people, and what its admins set up. No secret, and no hash of one, is among it."""

from __future__ import annotations

from urllib.parse import urlsplit

from accounts.models import Activity, Invitation, Membership, Organisation, Team, Token
from assessments.models import Initiative, InitiativeStep
from exports.table import same, stored
from keyless.models import Binding
from notify.models import Webhook
from scores.models import ShareLink


def _origin(url: str) -> str:
    """The part of a webhook's address that holds no secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


ORGANISATION = stored(
    "organisation",
    "Organisation",
    "Name and settings: the rules by which history is read, efforts, retention.",
    same(
        *("slug", "name", "window_days", "repeat_hours", "credit", "review_interval_days", "retention_months"),
        *("allow_not_applicable", "second_reader", "efforts", "created_at"),
    ),
    lambda reader: Organisation.objects.filter(pk=reader.organisation_id),
    ["pk"],
)
PEOPLE = [
    stored(
        "members",
        "Members",
        "Who belongs to the organisation, and in which role.",
        {"email": "person__email", "name": "person__name", "role": "role", "since": "created_at"},
        Membership.objects.visible_to,
        ["person__email"],
        restricted=True,
    ),
    stored("teams", "Teams", "Slug and name.", same("slug", "name", "created_at"), Team.objects.visible_to, ["slug"]),
    stored(
        "team-members",
        "Team members",
        "Who is in which team.",
        {"team": "team__slug", "email": "membership__person__email"},
        lambda reader: Membership.teams.through.objects.filter(membership__in=Membership.objects.visible_to(reader)),
        ["team__slug", "membership__person__email"],
        restricted=True,
    ),
    stored(
        "invitations",
        "Invitations",
        "Whom who invited, and what became of it.",
        {
            **same("email", "role", "created_at", "expires_at", "accepted_at", "revoked_at"),
            "invited_by": "invited_by__email",
        },
        Invitation.objects.visible_to,
        ["pk"],
        restricted=True,
    ),
]
SET_UP = [
    stored(
        "initiatives",
        "Initiatives",
        "What the organisation has resolved to do.",
        {**same("id", "title", "purpose", "due_on", "created_at"), "created_by": "created_by__email"},
        Initiative.objects.visible_to,
        ["pk"],
        restricted=True,
    ),
    stored(
        "initiative-steps",
        "Steps of initiatives",
        "Each test to be raised: system, level, owner, day.",
        {
            "initiative": "initiative_id",
            "system": "system__slug",
            **same("test", "level"),
            "owner": "owner__email",
            **same("due_on", "issue_url", "added_at"),
        },
        lambda reader: InitiativeStep.objects.filter(initiative__in=Initiative.objects.visible_to(reader)),
        ["pk"],
        restricted=True,
    ),
    stored(
        "tokens",
        "Tokens",
        "Names, scopes and dates; not the tokens themselves.",
        {
            **same("name", "prefix", "scopes"),
            "system": "system__slug",
            "created_by": "created_by__email",
            **same("created_at", "expires_at", "last_used_at", "revoked_at"),
        },
        Token.objects.visible_to,
        ["pk"],
        restricted=True,
    ),
    stored(
        "keyless",
        "Keyless publishing",
        "Which pipelines may publish, by which claims of their CI’s tokens.",
        {
            "system": "token__system__slug",
            **same("kind", "issuer", "claims"),
            "created_at": "token__created_at",
            "removed_at": "token__revoked_at",
            "last_exchanged_at": "last_exchanged_at",
        },
        Binding.objects.visible_to,
        ["pk"],
        restricted=True,
    ),
    stored(
        "webhooks",
        "Webhooks",
        "Names, kinds and servers; neither secrets nor the paths of addresses, which often are secrets.",
        {
            **same("name"),
            "server": "url",
            **same("shape", "kinds", "active", "created_at"),
            "created_by": "created_by__email",
        },
        Webhook.objects.visible_to,
        ["pk"],
        restricted=True,
        convert={"server": _origin},
    ),
    stored(
        "share-links",
        "Share links",
        "Which reports are shared, until when; not the addresses.",
        {
            **same("name"),
            "system": "system__slug",
            **same("as_of", "created_at"),
            "created_by": "created_by__email",
            **same("expires_at", "revoked_at", "last_used_at"),
        },
        ShareLink.objects.visible_to,
        ["pk"],
        restricted=True,
    ),
]
ACTIVITY = stored(
    "activity",
    "Activity log",
    "Who changed what, when.",
    {
        **same("id", "at", "action", "summary"),
        "system": "system__slug",
        "person": "person__email",
        "token": "token__name",
        "details": "details",
    },
    Activity.objects.visible_to,
    ["at", "id"],
    restricted=True,
)
