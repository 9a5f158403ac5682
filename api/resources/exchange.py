"""A CI's token for one of ours."""

from __future__ import annotations

from typing import Any

from api.instants import write_instant
from api.resources.components import INSTANT, TEXT, array, record
from api.shapes import Field, Record, Schema, Text
from keyless.exchange import Exchanged
from keyless.identity import LONGEST_TOKEN

SLUG = Text(60, 1)
REQUEST = Record(
    {
        "token": Field(
            Text(LONGEST_TOKEN, 1, description="The OpenID Connect token of the CI, a JSON Web Token."), required=True
        ),
        "organisation": Field(SLUG),
        "system": Field(SLUG),
    }
)
EXCHANGED: Schema = record(
    {
        "token": {**TEXT, "description": "For the Authorization header, as any other token."},
        "expires_at": INSTANT,
        "system": {**TEXT, "description": "The slug of the one system that it may read and report to."},
        "scopes": array(TEXT),
    },
    "A token of 15 minutes.",
)


def show_exchanged(exchanged: Exchanged) -> dict[str, Any]:
    """The answer that bears the secret."""
    return {
        "token": exchanged.secret,
        "expires_at": write_instant(exchanged.expires_at),
        "system": exchanged.system,
        "scopes": exchanged.scopes,
    }
