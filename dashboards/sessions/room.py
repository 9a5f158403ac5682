"""The room of a team session: how to join, how far it is, what is revealed; and the fragment that pages ask for again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Person, Role
from assessments.models import Answer, Choice, TeamSession
from assessments.sessions import choices_of
from dashboards.sessions import presenters
from dashboards.sessions.finding import session_or_404
from dashboards.sessions.presenters import GLYPHS, WORDS, Spread
from dashboards.sessions.qr import qr_code
from rubric.loader import builtin


@dataclass(frozen=True, slots=True)
class Refusal:
    """An agreement that could not be set: what was posted, and why; `theirs` is an answer that changed meanwhile."""

    test: str
    choice: str
    justification: str
    faults: list[str] = field(default_factory=list)
    stale: bool = False
    theirs: Answer | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A revealed test with the draft's answer to it, and what the form to agree holds."""

    spread: Spread
    answer: Answer | None
    refusal: Refusal | None
    theirs_by: str
    levels: list[str]

    @property
    def version(self) -> int:
        return self.answer.version if self.answer else 0

    @property
    def answer_word(self) -> str:
        if self.answer is None:
            return "Not answered"
        return WORDS["na" if self.answer.not_applicable else self.answer.level]

    @property
    def justification(self) -> str:
        if self.refusal:
            return self.refusal.justification
        return self.answer.justification if self.answer else ""

    @property
    def choices(self) -> list[tuple[str, str, str, bool]]:
        """Value, word, glyph, and whether it is chosen."""
        chosen = self.refusal.choice if self.refusal else self.spread.round.agreed
        return [(value, WORDS[value], GLYPHS[value], value == chosen) for value in self.levels]


@member_page(Role.VIEWER)
@require_safe
def room(request: MemberRequest, organisation: str, code: str) -> HttpResponse:
    """The room; every member of the organisation may look in."""
    return room_page(request, session_or_404(request.membership, code))


def room_page(request: MemberRequest, session: TeamSession, refusal: Refusal | None = None) -> HttpResponse:
    """The room, with an agreement that could not be set where there is one (400, or 409 where someone was faster)."""
    draft = session.assessment
    rubric = builtin()[draft.rubric]
    prefetch_related_objects([session], "rounds", "tallies")
    leads = session.led_by(request.membership) and session.is_open
    link = settings.PUBLIC_URL + reverse("session-vote", args=[request.membership.organisation.slug, session.code])
    context: dict[str, Any] = {
        "session": session,
        "assessment": draft,
        "system": draft.system,
        "rubric": rubric,
        "leads": leads,
        "settles": leads and draft.is_draft,
        "votes": session.is_open and session.invites(request.membership),
        "progress": presenters.progress_of(session, session.rounds.all(), by_test=leads),
        "lines": _lines(session, presenters.spreads_of(session, rubric), refusal),
        "link": link,
        "qr": qr_code(link) if session.is_open else None,
    }
    status = 200 if refusal is None else 409 if refusal.stale else 400
    return render(request, "sessions/room.html", context, status=status)


def _lines(session: TeamSession, spreads: list[Spread], refusal: Refusal | None) -> list[Line]:
    answers = {answer.test: answer for answer in session.assessment.answers.all()} if spreads else {}
    levels = [each.value for each in choices_of(session) if each is not Choice.UNSURE]
    lines = []
    for spread in spreads:
        refused = refusal if refusal and refusal.test == spread.test.key else None
        by = _name(refused.theirs.updated_by) if refused and refused.theirs else ""
        lines.append(Line(spread, answers.get(spread.test.key), refused, by, levels))
    return lines


def _name(label: str) -> str:
    person = Person.objects.filter(email=label).first()
    return str(person) if person else label


@member_page(Role.VIEWER)
@require_safe
def progress(request: MemberRequest, organisation: str, code: str) -> HttpResponse:
    """The progress as a small fragment. A reader who has the newest one gets a 304 for one statement about the session."""
    session = session_or_404(request.membership, code)
    leads = session.led_by(request.membership) and session.is_open
    etag = f'W/"{session.pulse}-{"lead" if leads else "look"}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    found = presenters.progress_of(session, session.rounds.all(), by_test=leads)
    response = render(request, "sessions/progress.html", {"progress": found, "leads": leads})
    response["ETag"] = etag
    return response
