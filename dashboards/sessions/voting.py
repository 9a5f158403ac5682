"""Voting, on a screen of one's own: joining, answering, changing one's mind until a test is revealed."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_page
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import Role
from assessments.models import Choice, TeamSession
from assessments.sessions import Cast, cast_votes, choices_of, own_votes
from dashboards.sessions import presenters
from dashboards.sessions.finding import session_or_404
from dashboards.sessions.presenters import GLYPHS, WORDS
from rubric.definition import Category, Test
from rubric.loader import builtin

FIELD = "vote-"


@dataclass(frozen=True, slots=True)
class Question:
    """A hidden test, the member's own vote on it, empty without one, and what can be voted."""

    test: Test
    chosen: str
    taken: list[Choice]

    @property
    def choices(self) -> list[tuple[str, str, str, bool]]:
        """Value, word, glyph, and whether it is chosen."""
        return [(each.value, WORDS[each], GLYPHS[each], each == self.chosen) for each in self.taken]


@member_page(Role.VIEWER)
@require_http_methods(["GET", "HEAD", "POST"])
def vote(request: MemberRequest, organisation: str, code: str) -> HttpResponseBase:
    """GET shows the member's own hidden votes to change; POST joins and stores what is posted.

    A script's posting (`Accept: application/json`) is answered with the tests that are stored and those that came too late.
    """
    session = session_or_404(request.membership, code)
    if request.method == "POST":
        return _cast(request, session)
    if not session.is_open:
        return redirect("session", organisation, session.code)
    return _page(request, session)


def _page(request: MemberRequest, session: TeamSession) -> HttpResponse:
    own = own_votes(member=request.membership, session=session)
    rounds = list(session.rounds.all())
    progress = presenters.progress_of(session, rounds, by_test=False)
    context = {
        "session": session,
        "system": session.assessment.system,
        "rubric": builtin()[session.assessment.rubric],
        "invited": session.invites(request.membership),
        "joined": own is not None,
        "progress": progress,
        "answered": len(own or {}),
        "revealed": len(rounds),
        "sections": _sections(session, progress.hidden, own or {}),
    }
    return render(request, "sessions/vote.html", context)


def _sections(session: TeamSession, hidden: list[Test], own: dict[str, str]) -> list[tuple[Category, list[Question]]]:
    taken = choices_of(session)
    sections = [
        (category, [Question(test, own.get(test.key, ""), taken) for test in category.tests if test in hidden])
        for category in builtin()[session.assessment.rubric].categories
    ]
    return [(category, questions) for category, questions in sections if questions]


def _cast(request: MemberRequest, session: TeamSession) -> HttpResponseBase:
    fields = [name for name in request.POST if name.startswith(FIELD)]
    choices = {name.removeprefix(FIELD): request.POST.get(name, "") for name in fields}
    scripted = request.accepts("application/json") and not request.accepts("text/html")
    try:
        cast = cast_votes(member=request.membership, session=session, choices=choices)
    except Forbidden as forbidden:
        raise PermissionDenied(str(forbidden)) from None
    except TeamSession.DoesNotExist:
        raise Http404 from None
    except (Conflict, Invalid) as error:
        if scripted:
            return JsonResponse({"detail": str(error)}, status=409 if isinstance(error, Conflict) else 400)
        messages.error(request, str(error))
        return redirect("session-vote", request.membership.organisation.slug, session.code)
    if scripted:
        return JsonResponse({"stored": cast.stored, "too_late": cast.too_late})
    _tell(request, cast)
    return redirect("session-vote", request.membership.organisation.slug, session.code)


def _tell(request: MemberRequest, cast: Cast) -> None:
    if cast.stored:
        messages.success(request, "Your answers are saved. Nobody sees them before they are revealed.")
    if cast.too_late:
        messages.warning(request, f"Revealed before your answer came: {', '.join(cast.too_late)}.")
