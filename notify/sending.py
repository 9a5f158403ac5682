"""Delivering to webhooks: one signed attempt, and what its answer means."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from accounts import outgoing
from notify import shapes, signing
from notify.models import Message, Webhook
from notify.notices import WEBHOOK
from notify.outbox import Undelivered, delivers, minutes

RETRIES = minutes(1, 5, 30, 120, 300)
SHOWN = 200


def message_id(message: Message) -> str:
    """The id by which receivers know a repeat: the same for every attempt."""
    return f"msg_{message.public_id.hex}"


@delivers(WEBHOOK, retries=RETRIES)
def deliver(message: Message, now: datetime) -> int:
    """Send a message to its webhook; answers the status, which is 2xx. `now` is what the signature says."""
    hook = Webhook.objects.filter(deliveries=message).first()
    if hook is None or not hook.active:
        raise Undelivered("The webhook is switched off.")
    body = shapes.body(hook.shape, message.payload)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "MLScore-Webhooks/1",
        **signing.headers(signing.secrets_in_force(hook, now), message_id(message), now, body),
    }
    try:
        way = outgoing.Way(allow_private=settings.WEBHOOKS_ALLOW_PRIVATE)
        answer = outgoing.ask("POST", hook.url, way, headers=headers, body=body)
    except (outgoing.Refused, outgoing.Unreachable) as error:
        raise Undelivered(str(error)) from error
    if 300 <= answer.status < 400:
        raise Undelivered("The address redirects; redirects are not followed.", answer.status)
    if not 200 <= answer.status < 300:
        raise Undelivered(answer.text[:SHOWN].replace("\0", "") or "The answer was empty.", answer.status)
    return answer.status
