"""The ways into a team session: opening one on a draft, and typing the code of one."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, member_page
from accounts.errors import Conflict, Forbidden
from accounts.models import Role
from assessments.models import Assessment, SessionStatus, TeamSession
from assessments.sessions import open_session
from dashboards.assessing.finding import assessment_or_404
from dashboards.sessions.finding import session_of

LONGEST_CODE = 40


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponse:
    """What is chosen before a session opens; where one is open, its room."""
    draft = assessment_or_404(request.membership, slug, number)
    if not draft.is_draft:
        messages.error(request, "This assessment is final; a team session needs a draft.")
        return redirect("assessment", organisation, slug, number)
    if request.method == "POST":
        return _open(request, draft)
    sessions = list(draft.sessions.kept().select_related("facilitator"))
    running = next((each for each in sessions if each.is_open), None)
    if running is not None:
        return redirect("session", organisation, running.code)
    context = {"assessment": draft, "system": draft.system, "past": sessions}
    return render(request, "sessions/open.html", context)


def _open(request: MemberRequest, draft: Assessment) -> HttpResponse:
    organisation = request.membership.organisation.slug
    if request.POST.get("votes") not in ("named", "anonymous"):
        messages.error(request, "Choose whether votes are named or anonymous.")
        return redirect("session-open", organisation, draft.system.slug, draft.pk)
    try:
        session = open_session(
            member=request.membership,
            assessment=draft,
            anonymous=request.POST["votes"] == "anonymous",
            viewers_vote="viewers" in request.POST,
            at=timezone.now(),
        )
    except Conflict as conflict:
        messages.error(request, conflict.detail)
        return redirect("session-open", organisation, draft.system.slug, draft.pk)
    except Forbidden as forbidden:
        raise PermissionDenied(str(forbidden)) from None
    except Assessment.DoesNotExist:
        raise Http404 from None
    return redirect("session", organisation, session.code)


@member_page(Role.VIEWER)
@require_safe
def enter(request: MemberRequest, organisation: str) -> HttpResponse:
    """A field for the code, and the open sessions; with `code` on to that session."""
    code = request.GET.get("code", "").replace("\x00", "").strip()[:LONGEST_CODE]
    session = session_of(request.membership, code) if code else None
    if session is not None:
        return redirect("session-vote", organisation, session.code)
    running = TeamSession.objects.visible_to(request.membership).filter(status=SessionStatus.OPEN)
    context = {
        "code": code,
        "sessions": running.select_related("assessment__system", "facilitator").order_by("-opened_at"),
    }
    return render(request, "sessions/enter.html", context, status=404 if code else 200)
