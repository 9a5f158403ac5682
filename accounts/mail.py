"""Mails of this room. They go where settings.EMAIL_BACKEND says: into the outbox, with the transaction that sends them."""

from __future__ import annotations

from django.core.mail import send_mail
from django.template.loader import render_to_string

from accounts.models import Invitation


def send_invitation(invitation: Invitation, link: str) -> None:
    """Mail an invitation's link to its address. Call it in the transaction of the invitation."""
    inviter = str(invitation.invited_by) if invitation.invited_by is not None else "An administrator"
    context = {"invitation": invitation, "link": link, "inviter": inviter}
    subject = f"MLScore: {inviter} invites you to {invitation.organisation}"
    text = render_to_string("accounts/mail/invitation.txt", context)
    send_mail(" ".join(subject.split()), text, None, [invitation.email])
