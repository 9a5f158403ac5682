"""The discussion of one test of a system: comments, who sees to it, by when. A page, and a dialog of the form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.models import Person, Role
from assessments.discussion import add_comment, assign, members_of
from assessments.mentions import MENTION, handles, shown_handle
from assessments.models import Comment, System, Thread
from dashboards.assessing.finding import system_or_404
from dashboards.assessing.forms import plain_text
from rubric.definition import Test
from rubric.loader import builtin


@dataclass(frozen=True, slots=True)
class Said:
    """One comment, its mentions marked."""

    comment: Comment
    html: SafeString


@member_page(Role.VIEWER)
@require_http_methods(["GET", "HEAD", "POST"])
def discussion(request: MemberRequest, organisation: str, slug: str, test: str) -> HttpResponseBase:
    """Read what is said; a POST says something more."""
    system = system_or_404(request.membership, slug)
    if request.method != "POST":
        return _shown(request, system, test)
    if not request.membership.may(Role.ASSESSOR):
        return _shown(request, system, test, "Only assessors comment.", 403)
    text = plain_text(request.POST.get("text", ""))
    try:
        add_comment(actor=Actor.of(request.membership), system=system, test=test, text=text, at=timezone.now())
    except Invalid as invalid:
        return _shown(request, system, test, str(invalid), 422, text)
    return _after(request, system, test)


@member_page(Role.ASSESSOR)
@require_POST
def assignment(request: MemberRequest, organisation: str, slug: str, test: str) -> HttpResponseBase:
    """Say who sees to the test (`person`, an id, or empty) and by when (`due`, a date, or empty)."""
    system = system_or_404(request.membership, slug)
    actor, asked, due = Actor.of(request.membership), request.POST.get("person", ""), request.POST.get("due", "")
    person = next((each for each in members_of(actor) if str(each.pk) == asked), None)
    try:
        day = date.fromisoformat(due) if due else None
        if asked and person is None:
            raise ValueError(asked)
        assign(actor=actor, system=system, test=test, person=person, due=day, at=timezone.now())
    except (Invalid, ValueError):
        return _shown(request, system, test, "Choose a member, and a date as YYYY-MM-DD.", 422)
    return _after(request, system, test)


def _after(request: MemberRequest, system: System, test: str) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        return _shown(request, system, test)
    messages.success(request, "Saved.")
    return redirect("discussion", request.membership.organisation.slug, system.slug, test)


def _shown(
    request: MemberRequest, system: System, test: str, fault: str = "", status: int = 200, text: str = ""
) -> HttpResponse:
    found = _test(system, test)
    thread = (
        Thread.objects.visible_to(request.membership).filter(system=system, test=test).select_related("person").first()
    )
    people = members_of(Actor.of(request.membership))
    known = handles(people)
    comments = thread.said.select_related("author") if thread else []
    context: dict[str, Any] = {
        "system": system,
        "test": found,
        "thread": thread,
        "said": [Said(comment, marked(comment.text, known)) for comment in comments],
        "people": [(person, shown_handle(person, known)) for person in people],
        "may_assess": request.membership.may(Role.ASSESSOR),
        "fault": fault,
        "text": text,
        "in_dialog": request.headers.get("HX-Request") == "true",
    }
    template = "assessing/talk.html" if context["in_dialog"] else "assessing/discussion.html"
    return render(request, template, context, status=status)


def _test(system: System, key: str) -> Test:
    for edition in reversed(system.edition_keys):
        if key in builtin()[edition].tests:
            return builtin()[edition].tests[key]
    raise Http404


def marked(text: str, known: dict[str, Person]) -> SafeString:
    """A comment's text as HTML, everything in it escaped, with who is mentioned in bold."""
    parts: list[tuple[str, str, str]] = []
    end = 0
    for match in MENTION.finditer(text):
        person = known.get(match[1].lower()) or known.get(match[1].lower().rstrip(".-"))
        if person is not None:
            rest = match[1][len(match[1].rstrip(".-")) :] if match[1].lower() not in known else ""
            parts.append((text[end : match.start()], f"@{person}", rest))
            end = match.end()
    return format_html_join("", "{}<b>{}</b>{}", parts) + format_html_join("", "{}", [(text[end:],)])
