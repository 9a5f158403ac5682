"""Leading a team session: revealing votes, setting what was agreed, ending it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, member_page
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import Role
from assessments.changes import StaleAnswer
from assessments.models import Assessment, TeamSession
from assessments.sessions import FEWEST_ANONYMOUS, Revealed, agree, end_session, reveal
from dashboards.assessing.forms import plain_text
from dashboards.sessions import presenters
from dashboards.sessions.finding import session_or_404
from dashboards.sessions.room import Refusal, room_page


def _led(request: MemberRequest, code: str) -> TeamSession:
    session = session_or_404(request.membership, code)
    if not session.led_by(request.membership):
        raise PermissionDenied("Only the facilitator and admins lead this session.")
    return session


def _to_room(session: TeamSession, anchor: str = "") -> HttpResponse:
    response = redirect("session", session.assessment.system.organisation.slug, session.code)
    response["Location"] += anchor
    return response


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def reveal_votes(request: MemberRequest, organisation: str, code: str) -> HttpResponse:
    """Reveal the test that `test` names; without one all of them, which GET asks about."""
    session = _led(request, code)
    if request.method != "POST":
        return _ask(request, session, "sessions/reveal.html")
    test = request.POST.get("test", "")
    try:
        done = reveal(member=request.membership, session=session, tests=[test] if test else None, at=timezone.now())
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
        return _to_room(session)
    except Forbidden as forbidden:
        raise PermissionDenied(str(forbidden)) from None
    except TeamSession.DoesNotExist:
        raise Http404 from None
    _tell(request, done)
    return _to_room(session, f"#{done.tests[0]}" if test and done.tests else "")


def _ask(request: MemberRequest, session: TeamSession, template: str) -> HttpResponse:
    if not session.is_open:
        return _to_room(session)
    rounds = list(session.rounds.all())
    context = {
        "session": session,
        "assessment": session.assessment,
        "system": session.assessment.system,
        "progress": presenters.progress_of(session, rounds, by_test=False),
        "revealed": len(rounds),
        "hidden_votes": session.ballots.count(),
        "fewest": FEWEST_ANONYMOUS,
    }
    return render(request, template, context)


def _tell(request: MemberRequest, done: Revealed) -> None:
    if done.withheld:
        number = len(done.withheld)
        what = "1 test stays hidden: it has" if number == 1 else f"{number} tests stay hidden: they have"
        messages.warning(request, f"{what} fewer than {FEWEST_ANONYMOUS} votes, which would give their voters away.")


@member_page(Role.ASSESSOR)
@require_POST
def agree_on(request: MemberRequest, organisation: str, code: str, test: str) -> HttpResponse:
    """Set the level that was agreed for a revealed test: it becomes the draft's answer."""
    session = _led(request, code)
    choice, why = request.POST.get("choice", ""), plain_text(request.POST.get("justification", ""))
    version = request.POST.get("version", "0")
    try:
        agree(
            member=request.membership,
            session=session,
            test=test,
            choice=choice,
            justification=why,
            version=int(version) if version.isascii() and version.isdigit() and len(version) <= 9 else -1,
            at=timezone.now(),
        )
    except StaleAnswer as stale:
        return _refused(request, session, Refusal(test, choice, why, stale=True, theirs=stale.stored[test]))
    except Invalid as invalid:
        # Whoever pressed the button without choosing a level needs to be told that, not the list of keys.
        faults = [fault.detail for fault in invalid.faults] if choice else ["Choose the level that the team agreed on."]
        return _refused(request, session, Refusal(test, choice, why, faults))
    except Conflict as conflict:
        messages.error(request, conflict.detail)
        return _to_room(session)
    except Forbidden as forbidden:
        raise PermissionDenied(str(forbidden)) from None
    except (Assessment.DoesNotExist, TeamSession.DoesNotExist):
        raise Http404 from None
    return _to_room(session, f"#{test}")


def _refused(request: MemberRequest, session: TeamSession, refusal: Refusal) -> HttpResponse:
    """The room with what was refused, at its test; only a revealed test has a place there."""
    if session.rounds.filter(test=refusal.test).exists():
        return room_page(request, session, refusal)
    messages.error(request, "The votes on this test are hidden; reveal them first.")
    return _to_room(session)


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: MemberRequest, organisation: str, code: str) -> HttpResponse:
    """Ask, naming what is lost; then close the session, or cancel it where nothing was revealed."""
    session = _led(request, code)
    if request.method != "POST":
        return _ask(request, session, "sessions/end.html")
    try:
        end_session(member=request.membership, session=session, at=timezone.now())
    except Conflict as conflict:
        messages.error(request, conflict.detail)
    except Forbidden as forbidden:
        raise PermissionDenied(str(forbidden)) from None
    except TeamSession.DoesNotExist:
        raise Http404 from None
    else:
        messages.success(request, "The session has ended.")
    return _to_room(session)
