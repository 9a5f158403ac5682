"""What admins can do to an organisation's webhooks. Secrets are shown once, by the views that call this."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts import activity
from accounts.actors import Actor
from accounts.errors import Conflict, FieldFault, Invalid
from accounts.outgoing import Refused, parsed
from notify.kinds import OF_SYSTEMS, PING, Kind
from notify.models import Message, Shape, State, Webhook, moment
from notify.notices import delivery
from notify.outbox import enqueue, wake_after_commit
from notify.signing import secret_of

FORMER_HOLDS = timedelta(hours=24)
MOST_WEBHOOKS = 20
LONGEST_NAME, LONGEST_URL = 120, 2000


@transaction.atomic
def create_webhook(
    *, actor: Actor, name: str, url: str, shape: str, kinds: Collection[str], at: datetime
) -> tuple[Webhook, str]:
    """Have an address told of these kinds of news; answers the webhook and its secret, which is stored nowhere.

    Raises Invalid for a value that breaks a rule, and where the organisation has MOST_WEBHOOKS.
    """
    if Webhook.objects.filter(organisation=actor.organisation).count() >= MOST_WEBHOOKS:
        raise Invalid(FieldFault(("name",), f"An organisation has at most {MOST_WEBHOOKS} webhooks."))
    values = _checked(name=name, url=url, shape=shape, kinds=kinds)
    nonce = secrets.token_hex(32)
    hook = Webhook.objects.create(
        organisation=actor.organisation, created_by=actor.person, created_at=at, nonce=nonce, **values
    )
    _record(actor, at, hook, "created", "Created the webhook", {"host": _host(hook.url), "kinds": hook.kinds})
    return hook, secret_of(nonce)


@transaction.atomic
def update_webhook(
    *,
    actor: Actor,
    webhook_id: int,
    name: str,
    url: str,
    shape: str,
    kinds: Collection[str],
    active: bool,
    at: datetime,
) -> Webhook:
    """Change a webhook; its secret stays. Raises Webhook.DoesNotExist and Invalid."""
    hook = _locked(actor, webhook_id)
    values = {**_checked(name=name, url=url, shape=shape, kinds=kinds), "active": active}
    differing = {
        field: [_shown(field, getattr(hook, field)), _shown(field, value)]
        for field, value in values.items()
        if getattr(hook, field) != value
    }
    if differing:
        for field, value in values.items():
            setattr(hook, field, value)
        hook.save(update_fields=list(values))
        _record(actor, at, hook, "changed", "Changed the webhook", {"changes": differing})
    return hook


@transaction.atomic
def rotate_secret(*, actor: Actor, webhook_id: int, at: datetime) -> tuple[Webhook, str]:
    """Give a webhook a fresh secret, which it answers; the former one signs as well for FORMER_HOLDS.

    Raises Webhook.DoesNotExist.
    """
    hook = _locked(actor, webhook_id)
    hook.former_nonce, hook.former_until = hook.nonce, at + FORMER_HOLDS
    hook.nonce = secrets.token_hex(32)
    hook.save(update_fields=["nonce", "former_nonce", "former_until"])
    _record(actor, at, hook, "rotated", "Rotated the secret of the webhook", {})
    return hook, secret_of(hook.nonce)


@transaction.atomic
def delete_webhook(*, actor: Actor, webhook_id: int, at: datetime) -> None:
    """Remove a webhook with its log of deliveries; what waits is not sent. Raises Webhook.DoesNotExist."""
    hook = _locked(actor, webhook_id)
    _record(actor, at, hook, "deleted", "Deleted the webhook", {"host": _host(hook.url)})
    hook.delete()


@transaction.atomic
def ping(*, actor: Actor, webhook_id: int, at: datetime) -> Message:
    """Send a webhook a message that says nothing, to try it. Raises Webhook.DoesNotExist, Conflict when it is off."""
    hook = _locked(actor, webhook_id)
    if not hook.active:
        raise Conflict("The webhook is switched off.")
    sent = {
        "type": PING,
        "timestamp": moment(at),
        "data": {
            "organisation": actor.organisation.slug,
            "title": f"{actor.organisation}: MLScore reaches this address",
            "text": f"Asked for by {actor.label}.",
            "url": settings.PUBLIC_URL + reverse("organisation", args=[actor.organisation.slug]),
        },
    }
    message = delivery(hook, sent, at)
    enqueue([message])
    return message


@transaction.atomic
def resend(*, actor: Actor, webhook_id: int, message_id: int, at: datetime) -> Message:
    """Send a delivery again, under its own id, as if it were written at `at`.

    Raises Message.DoesNotExist, and Conflict when it waits already or the webhook is off.
    """
    hook = _locked(actor, webhook_id)
    message = Message.objects.select_for_update().get(pk=message_id, webhook=hook)
    if message.state == State.WAITING:
        raise Conflict("This delivery waits to be sent already.")
    if not hook.active:
        raise Conflict("The webhook is switched off.")
    message.state, message.attempts, message.due_at = State.WAITING, 0, at
    message.save(update_fields=["state", "attempts", "due_at"])
    wake_after_commit()
    _record(actor, at, hook, "resent", "Sent a delivery again by the webhook", {"message": str(message.public_id)})
    return message


def _locked(actor: Actor, webhook_id: int) -> Webhook:
    return Webhook.objects.select_for_update().get(pk=webhook_id, organisation=actor.organisation)


def _checked(*, name: str, url: str, shape: str, kinds: Collection[str]) -> dict[str, Any]:
    """The values as they are stored. Raises Invalid with every fault."""
    faults = []
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        faults.append(FieldFault(("name",), f"A name has 1 to {LONGEST_NAME} characters."))
    try:
        parsed(url)
    except Refused as error:
        faults.append(FieldFault(("url",), str(error)))
    if len(url) > LONGEST_URL:
        faults.append(FieldFault(("url",), f"An address has at most {LONGEST_URL} characters."))
    if shape not in Shape.values:
        faults.append(FieldFault(("shape",), f"One of {', '.join(Shape.values)}."))
    known = [kind.value for kind in OF_SYSTEMS]
    if not kinds or not set(kinds) <= set(known):
        faults.append(FieldFault(("kinds",), f"One or more of {', '.join(known)}."))
    if faults:
        raise Invalid(*faults)
    return {"name": name.strip(), "url": url, "shape": shape, "kinds": [each for each in known if each in kinds]}


def _host(url: str) -> str:
    """What the activity log shows of an address; the rest of Slack's and Teams' addresses is a secret."""
    return urlsplit(url).hostname or ""


def _shown(field: str, value: Any) -> Any:
    if field == "kinds":
        return ", ".join(Kind(each).label for each in value)
    return _host(value) if field == "url" else value


def _record(actor: Actor, at: datetime, hook: Webhook, action: str, summary: str, details: dict[str, Any]) -> None:
    activity.record(actor=actor, at=at, action=f"webhook.{action}", summary=f"{summary} {hook.name}", details=details)
