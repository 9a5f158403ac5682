"""Finding the session that an address or a typed code names, among what the reader may see."""

from __future__ import annotations

from django.http import Http404

from accounts.models import Membership
from assessments.models import TeamSession


def session_of(membership: Membership, code: str) -> TeamSession | None:
    """The session of this code, as people type it, with its assessment, system and facilitator."""
    typed = code.replace(" ", "").replace("-", "").upper()
    sessions = TeamSession.objects.visible_to(membership)
    return sessions.select_related("assessment__system__organisation", "facilitator").filter(code=typed).first()


def session_or_404(membership: Membership, code: str) -> TeamSession:
    """The session of this code. Raises Http404."""
    session = session_of(membership, code)
    if session is None:
        raise Http404
    return session
