"""Tokens: what pipelines show instead of a password. A token is a random secret; only its hash is stored."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import Model, Q

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Invalid
from accounts.models import Organisation, Pass, Scope, Token, hash_secret
from accounts.statements import SQLITE, Row, columns_of, converted, fetch, hydrated, names_of, partly, to_sql

MARK = "mls_"
BRIEF_MARK = "mlsx_"
SHOWN = len(MARK) + 6
LAST_USE_STEP = timedelta(minutes=1)
MOST_KNOWN = 1000
# The rows of tokens that were used lately, by the hash of their secrets, as brief ones are read.
_known: dict[str, Row] = {}


class Outdated(Exception):
    """A recalled token may be another by now, or be none: authenticate."""


@transaction.atomic
def create_token(
    *,
    actor: Actor,
    name: str,
    scopes: Collection[str],
    system_id: int | None,
    expires_at: datetime | None,
    at: datetime,
) -> tuple[Token, str]:
    """Create a token of the actor's organisation; answers it and its secret, which is shown once and stored nowhere.

    With `system_id` it is bound to that system. `expires_at` is aware, None for never. Raises Invalid for an empty name,
    no or unknown scopes, an expiry that is not in the future, and a system of another organisation.
    """
    _check(actor, name, scopes, system_id, expires_at, at)
    token, secret = _create(actor, name, scopes, system_id, expires_at, at)
    activity.record(
        actor=actor,
        at=at,
        action="token.created",
        summary=f"Created the token {name}",
        system_id=system_id,
        details={
            "token": token.prefix,
            "scopes": token.scopes,
            "expires_at": expires_at.isoformat() if expires_at else None,
        },
    )
    return token, secret


def create_sealed_token(*, actor: Actor, name: str, scopes: Collection[str], system_id: int, at: datetime) -> Token:
    """A token of the actor's organisation whose secret nobody gets to know: only its passes (`issue_pass`) open it.

    The caller has checked the values, and records what it is for.
    """
    return _create(actor, name, scopes, system_id, None, at)[0]


def _create(
    actor: Actor, name: str, scopes: Collection[str], system_id: int | None, expires_at: datetime | None, at: datetime
) -> tuple[Token, str]:
    secret = MARK + secrets.token_urlsafe(32)
    token = Token.objects.create(
        organisation=actor.organisation,
        system_id=system_id,
        name=name,
        scopes=[scope.value for scope in Scope if scope in scopes],
        secret_hash=hash_secret(secret),
        prefix=secret[:SHOWN],
        created_by=actor.person,
        created_at=at,
        expires_at=expires_at,
    )
    return token, secret


@transaction.atomic
def issue_pass(*, token: Token, expires_at: datetime, at: datetime) -> str:
    """A secret that stands for the token until `expires_at`; it is shown once and stored as a hash.

    Passes that have expired, of whatever token, are deleted on the way.
    """
    Pass.objects.filter(expires_at__lte=at).delete()
    secret = BRIEF_MARK + secrets.token_urlsafe(32)
    Pass.objects.create(token=token, secret_hash=hash_secret(secret), expires_at=expires_at)
    return secret


def _check(
    actor: Actor, name: str, scopes: Collection[str], system_id: int | None, expires_at: datetime | None, at: datetime
) -> None:
    faults = []
    if not 1 <= len(name) <= 120:
        faults.append(FieldFault(("name",), "A name has 1 to 120 characters."))
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        detail = f"There is no scope {unknown[0]!r}." if unknown else "A token needs at least one scope."
        faults.append(FieldFault(("scopes",), f"{detail} Scopes are {', '.join(Scope.values)}."))
    if expires_at is not None and expires_at <= at:
        faults.append(FieldFault(("expires_at",), "A token expires in the future."))
    if system_id is not None and not actor.organisation.systems.filter(pk=system_id).exists():
        faults.append(FieldFault(("system",), "There is no such system in this organisation."))
    if faults:
        raise Invalid(*faults)


@transaction.atomic
def revoke_token(*, actor: Actor, token_id: int, at: datetime) -> Token:
    """End a token for good. Raises Token.DoesNotExist, and Conflict when it was revoked before."""
    token = Token.objects.select_for_update().get(pk=token_id, organisation=actor.organisation)
    if token.revoked_at is not None:
        raise Conflict("This token is revoked already.")
    token.revoked_at = at
    token.save(update_fields=["revoked_at"])
    activity.record(
        actor=actor,
        at=at,
        action="token.revoked",
        summary=f"Revoked the token {token.name}",
        system_id=token.system_id,
        details={"token": token.prefix, "scopes": token.scopes},
    )
    return token


def authenticate(secret: str, at: datetime, *, brief: bool = False) -> Token | None:
    """The token that this secret stands for, with its organisation and system; None when unknown, expired or revoked.

    Of a `brief` one's organisation and system just what recording asks for is loaded, the rest when it is asked for.

    The secret is the token's own, or a pass. One query, by its hash: how long it takes tells nothing of the stored hashes
    that a secret could be built from.
    The time of last use is written at most once a minute.
    """
    if secret.startswith(BRIEF_MARK):
        rows = fetch(_by_secret(of_pass=True, brief=brief), [hash_secret(secret), to_sql(at)])
    else:
        rows = fetch(_by_secret(of_pass=False, brief=brief), [hash_secret(secret)])
    if not rows:
        return None
    row = _brief_row(rows[0]) if brief else rows[0]
    token = _brief_token_of(row) if brief else _token_of(row)
    if not token.usable_at(at):
        return None
    if _is_to_be_marked(token, at):
        # The condition keeps requests that arrive together from each writing.
        due = Q(last_used_at=None) | Q(last_used_at__lte=at - LAST_USE_STEP)
        Token.objects.filter(due, pk=token.pk).update(last_used_at=at)
        token.last_used_at = at
    elif brief and not SQLITE and not secret.startswith(BRIEF_MARK):
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[hash_secret(secret)] = row
    return token


def recall(secret: str, at: datetime) -> Token | None:
    """A brief token as it was when this process last authenticated it; None where `authenticate` has to be asked.

    It may have been revoked meanwhile: nobody may go by it but on the condition that its row still has the `version` that
    it bears, and whoever finds another one raises Outdated. That spares a posting, which reads its system on this condition,
    a statement of its own.
    """
    row = _known.get(hash_secret(secret))
    if row is None:
        return None
    token = _brief_token_of(row)
    if not token.usable_at(at) or _is_to_be_marked(token, at):
        return None
    token.version = row[-1]
    return token


def _is_to_be_marked(token: Token, at: datetime) -> bool:
    return token.last_used_at is None or token.last_used_at <= at - LAST_USE_STEP


@lru_cache
def _by_secret(*, of_pass: bool, brief: bool) -> str:
    own = columns_of(Token, "t")
    columns = ", ".join([own, columns_of(Organisation, "o"), columns_of(_system_model(), "s")])
    if brief:
        columns = f"{own}, (SELECT credit FROM accounts_organisation o WHERE o.id = t.organisation_id)"
        columns += ", (SELECT slug FROM assessments_system s WHERE s.id = t.system_id)"
        columns += ", ''" if SQLITE else ", t.xmin::text"
    found = "p.secret_hash = %s AND p.expires_at > %s" if of_pass else "t.secret_hash = %s"
    return (
        f"SELECT {columns} FROM accounts_token t{' JOIN accounts_pass p ON p.token_id = t.id' if of_pass else ''}"
        f"{'' if brief else _BESIDES} WHERE {found}"
    )


_BESIDES = (
    " JOIN accounts_organisation o ON o.id = t.organisation_id LEFT JOIN assessments_system s ON s.id = t.system_id"
)


def _brief_row(found: Row) -> Row:
    """A row of a brief `_by_secret`, as fields hold its values."""
    *own, credit, slug, version = found
    return (*converted(Token, own), credit, slug, version)


def _brief_token_of(row: Row) -> Token:
    """The token in a `_brief_row`."""
    *own, credit, slug, _ = row
    token = partly(Token, names_of(Token), own)
    organisation = partly(Organisation, ("id", "credit"), (token.organisation_id, credit))
    # What assigning them finds out besides, such as whether both are of one database, takes longer than all the rest.
    Token._meta.get_field("organisation").set_cached_value(token, organisation)
    if token.system_id is not None:
        system = partly(_system_model(), ("id", "slug"), (token.system_id, slug))
        Token._meta.get_field("system").set_cached_value(token, system)
    return token


def _token_of(row: Row) -> Token:
    """The token in a row of `_by_secret`, with its organisation and system."""
    end_of_token = len(Token._meta.concrete_fields)
    end_of_organisation = end_of_token + len(Organisation._meta.concrete_fields)
    token = hydrated(Token, row[:end_of_token])
    token.organisation = hydrated(Organisation, row[end_of_token:end_of_organisation])
    if token.system_id is not None:
        token.system = hydrated(_system_model(), row[end_of_organisation:])  # type: ignore[assignment]
    return token


def _system_model() -> type[Model]:
    """The model that tokens are bound to; it belongs to an app that imports this one."""
    model: type[Model] = Token._meta.get_field("system").related_model
    return model
