"""Signatures of webhooks, as Standard Webhooks describes them: HMAC-SHA256 over id, timestamp and body. Pure but for keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils.crypto import salted_hmac

from notify.models import Webhook

MARK = "whsec_"


def secret_of(nonce: str, key: str | None = None) -> str:
    """The secret, as shown: it follows from the webhook's nonce and the installation's key, and is stored nowhere."""
    digest = salted_hmac("notify.webhook", nonce, secret=key, algorithm="sha256").digest()
    return MARK + base64.b64encode(digest).decode()


def secrets_in_force(hook: Webhook, at: datetime) -> list[str]:
    """The secrets that a receiver may hold at this instant: the newest one first.

    Those are the present one and, for a while after a rotation, the former one; each by SECRET_KEY and its fallbacks.
    """
    nonces = [hook.nonce]
    if hook.former_until is not None and at < hook.former_until:
        nonces.append(hook.former_nonce)
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [secret_of(nonce, key) for nonce in nonces for key in keys]


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of one secret: `v1,` and base64 of the HMAC of `ID.TIMESTAMP.BODY`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    key = base64.b64decode(secret.removeprefix(MARK))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers that a receiver verifies; several signatures are separated by spaces."""
    timestamp = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in secrets),
    }
