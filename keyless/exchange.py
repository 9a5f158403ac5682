"""A pipeline's token for one of ours: the one thing here that anybody may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.errors import FieldFault, Invalid
from accounts.models import Organisation
from accounts.tokens import issue_pass
from keyless import identity, issuers
from keyless.fetching import Unreachable
from keyless.models import Binding

LIFETIME = timedelta(minutes=15)
NOTE_STEP = timedelta(minutes=1)
TOLD = ("sub", "repository", "ref", "environment", "project_path", "ref_type")


class NotBound(Exception):
    """No one system is bound to what the token says, or its signature is not its issuer's: which, is not told."""

    def __init__(self, presented: identity.Presented) -> None:
        said = {"iss": presented.issuer} | {name: presented.claims[name] for name in TOLD if name in presented.claims}
        self.said = ", ".join(f"{name} {identity.shown(value)}" for name, value in said.items())
        super().__init__(self.said)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What the pipeline gets: `secret` is its token until `expires_at`."""

    secret: str
    expires_at: datetime
    system: str
    scopes: list[str]


def exchange(*, token: str, organisation: str | None, system: str | None, at: datetime) -> Exchanged:
    """Give a token of 15 minutes for the system that is bound to what a CI's token says.

    `organisation` and `system` are slugs; the first may be None where there is only one, the second where one system only
    is bound to this pipeline. Raises Invalid, identity.Refused (the token itself is wrong), NotBound, Unreachable.
    """
    organisation = organisation or _only_organisation()
    presented = identity.read(token, {settings.PUBLIC_URL, f"{settings.PUBLIC_URL}/"}, at)
    of_issuer = Binding.objects.in_force().filter(issuer=presented.issuer)
    rows = of_issuer.filter(token__organisation__slug=organisation)
    bindings = list(rows.filter(token__system__slug=system) if system else rows)
    # Where anybody binds the issuer it is asked, whichever organisation is named: so an issuer that is away answers
    # alike for all, and nobody learns whose it is.
    if not bindings and not of_issuer.exists():
        raise NotBound(presented)
    try:
        named = (presented.issuer, presented.key_id, presented.algorithm, at)
        key = issuers.key_of(*named)
        if key is not None and not presented.is_signed_by(key):
            key = issuers.key_of(*named, doubted=True)
    except Unreachable as error:
        _note(bindings, f"The issuer's keys could not be read: {error}", at)
        raise
    if key is None or not presented.is_signed_by(key):
        raise NotBound(presented)
    fitting = [binding for binding in bindings if not binding.mismatches(presented.claims)]
    if len({binding.token.system_id for binding in fitting}) != 1:
        _explain(bindings, fitting, presented, at)
        raise NotBound(presented)
    return _exchange(fitting[0], presented, at)


def _only_organisation() -> str:
    slugs = list(Organisation.objects.values_list("slug", flat=True)[:2])
    if len(slugs) > 1:
        raise Invalid(FieldFault(("organisation",), "Required: this server has several organisations."))
    return slugs[0] if slugs else ""


@transaction.atomic
def _exchange(binding: Binding, presented: identity.Presented, at: datetime) -> Exchanged:
    expires_at = at + LIFETIME
    secret = issue_pass(token=binding.token, expires_at=expires_at, at=at)
    subject = identity.shown(presented.claims.get("sub", ""))
    Binding.objects.filter(pk=binding.pk).update(last_exchanged_at=at, last_subject=subject)
    return Exchanged(secret, expires_at, binding.system.slug, binding.token.scopes)


def _explain(bindings: list[Binding], fitting: list[Binding], presented: identity.Presented, at: datetime) -> None:
    """Tell the owners of what came close why it was refused; strangers' tokens leave no trace."""
    if fitting:
        _note(fitting, "Several systems are bound to this pipeline, and it named none.", at)
        return
    for binding in bindings:
        if binding.comes_close(presented.claims):
            wrong = binding.mismatches(presented.claims)
            told = [f"{name} was {identity.shown(presented.claims.get(name))}, not {value}" for name, value in wrong]
            _note([binding], "; ".join(told), at)


def _note(bindings: list[Binding], reason: str, at: datetime) -> None:
    """Keep why a token was refused; the same reason is written at most once a minute."""
    due = ~Q(last_refusal=reason[:600]) | Q(last_refused_at=None) | Q(last_refused_at__lte=at - NOTE_STEP)
    rows = Binding.objects.filter(due, pk__in=[binding.pk for binding in bindings])
    rows.update(last_refused_at=at, last_refusal=reason[:600])
