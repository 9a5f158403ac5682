"""What an admin can do about keyless publishing: bind a system to a pipeline, and end that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Invalid
from accounts.models import Scope
from accounts.tokens import create_sealed_token
from keyless.fetching import is_local
from keyless.models import LONGEST_ISSUER, Binding, Kind

SCOPES = (Scope.READ, Scope.RESULTS_WRITE)
MOST_CLAIMS = 20
LONGEST_NAME = 100
LONGEST_VALUE = 300
# Checked for every token, whatever is bound.
RESERVED = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})

Claims = Sequence[tuple[str, str]]


@transaction.atomic
def add_binding(*, actor: Actor, system_id: int, kind: str, issuer: str, claims: Claims, at: datetime) -> Binding:
    """Let pipelines publish to a system whose tokens come from `issuer` and bear `claims`, in order (name, value).

    The first claim names the pipeline's home. Raises Invalid, and Conflict when the same is bound already.
    """
    _check(actor, system_id, issuer, claims)
    pairs = [list(pair) for pair in claims]
    same = Binding.objects.in_force().filter(
        issuer=issuer, token__system_id=system_id, token__organisation=actor.organisation
    )
    if any(sorted(binding.claims) == sorted(pairs) for binding in same):
        raise Conflict("This pipeline is bound to this system already.")
    label = f"{Kind(kind).label if kind != Kind.OTHER else urlsplit(issuer).hostname}: {claims[0][1]}"
    token = create_sealed_token(actor=actor, name=label[:120], scopes=SCOPES, system_id=system_id, at=at)
    binding = Binding.objects.create(token=token, kind=kind, issuer=issuer, claims=pairs)
    _record(actor, binding, "keyless.added", "Allowed keyless publishing by", at)
    return binding


@transaction.atomic
def remove_binding(*, actor: Actor, binding_id: int, at: datetime) -> Binding:
    """End it for good, and every token that was exchanged by it. Raises Binding.DoesNotExist."""
    rows = Binding.objects.in_force().filter(token__organisation=actor.organisation)
    binding = rows.select_for_update(of=("self",)).get(pk=binding_id)
    binding.token.revoked_at = at
    binding.token.save(update_fields=["revoked_at"])
    binding.token.passes.all().delete()
    _record(actor, binding, "keyless.removed", "Ended keyless publishing by", at)
    return binding


def _record(actor: Actor, binding: Binding, action: str, what: str, at: datetime) -> None:
    activity.record(
        actor=actor,
        at=at,
        action=action,
        summary=f"{what} {binding}",
        system_id=binding.token.system_id,
        details={"issuer": binding.issuer, "claims": binding.claims},
    )


def _check(actor: Actor, system_id: int, issuer: str, claims: Claims) -> None:
    faults = []
    if not actor.organisation.systems.filter(pk=system_id).exists():
        faults.append(FieldFault(("system",), "There is no such system in this organisation."))
    if not _is_issuer(issuer):
        faults.append(FieldFault(("issuer",), "An https address, without a query, as tokens name it in `iss`."))
    names = [name for name, _ in claims]
    if not 1 <= len(claims) <= MOST_CLAIMS or len(set(names)) != len(names):
        faults.append(FieldFault(("claims",), f"1 to {MOST_CLAIMS} claims, each once."))
    for name, value in claims:
        if name in RESERVED:
            faults.append(FieldFault(("claims",), f"{name} is checked for every token; it can't be bound."))
        elif not (_is_text(name, LONGEST_NAME) and _is_text(value, LONGEST_VALUE)):
            faults.append(FieldFault(("claims",), "A claim is a name and a value, neither of them empty or too long."))
    if faults:
        raise Invalid(*faults)


def _is_issuer(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return False
    plain = _is_text(address, LONGEST_ISSUER) and not (
        parts.query or parts.fragment or parts.username or " " in address
    )
    return bool(plain and host and (parts.scheme == "https" or is_local(address)))


def _is_text(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isprintable() and text == text.strip()
