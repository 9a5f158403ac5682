"""Mails of this room. One that can't be sent breaks nothing: the page shows what it would have said."""

from __future__ import annotations

from smtplib import SMTPException

import structlog
from django.core.mail import send_mail
from django.template.loader import render_to_string

from accounts.models import Invitation

logger = structlog.get_logger("mlscore.mail")


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Mail an invitation's link to its address; whether the mail server took it."""
    inviter = str(invitation.invited_by) if invitation.invited_by is not None else "An administrator"
    context = {"invitation": invitation, "link": link, "inviter": inviter}
    subject = f"MLScore: {inviter} invites you to {invitation.organisation}"
    try:
        send_mail(
            " ".join(subject.split()),
            render_to_string("accounts/mail/invitation.txt", context),
            None,
            [invitation.email],
        )
    except (SMTPException, OSError) as error:
        logger.warning("mail not sent", to=invitation.email, error=str(error))
        return False
    return True
