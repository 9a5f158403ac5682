"""Mail: Django's `send_mail` writes to the outbox; the outbox hands it to the mail server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from notify.models import Message
from notify.outbox import Undelivered, delivers, enqueue, minutes

MAIL = "mail"
FIELDS = ("subject", "body", "from_email", "to", "cc", "bcc", "reply_to")


class Outbox(BaseEmailBackend):
    """The mail backend of the whole installation: whoever sends a mail writes a row with their own transaction."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write them down. Raises ValueError for one with attachments, which nothing here sends."""
        rows = [mail_message(mail, timezone.now()) for mail in email_messages if mail.recipients()]
        enqueue(rows)
        return len(rows)


def mail_message(mail: EmailMessage, at: datetime, unique_key: str | None = None) -> Message:
    """The outbox's row of a mail that is written at `at`."""
    if mail.attachments:
        raise ValueError("The outbox takes no attachments.")
    payload: dict[str, Any] = {field: getattr(mail, field) for field in FIELDS}
    payload["headers"] = dict(mail.extra_headers)
    payload["alternatives"] = [list(each) for each in getattr(mail, "alternatives", [])]
    return Message(kind=MAIL, payload=payload, created_at=at, due_at=at, unique_key=unique_key)


@delivers(MAIL, retries=minutes(1, 5, 15, 60, 240, 720), forgets=True)
def deliver(message: Message, now: datetime) -> None:
    """Hand a mail to the mail server. Each attempt bears the same Message-ID, by which repeats are known."""
    values = dict(message.payload)
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    values["headers"] = {"Message-ID": f"<{message.public_id}@{host}>", **values["headers"]}
    values["alternatives"] = [tuple(each) for each in values["alternatives"]]
    try:
        EmailMultiAlternatives(**values, connection=get_connection(settings.MAIL_BACKEND)).send()
    except (SMTPException, OSError) as error:
        raise Undelivered(f"{type(error).__name__}: {error}") from error
