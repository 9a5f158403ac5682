"""The form: starting a draft, answering it, and what is sent back for each answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Person, Role
from assessments.models import Answer, Assessment
from assessments.operations import start_assessment
from dashboards.assessing import presenters
from dashboards.assessing.finding import assessment_or_404, system_or_404
from dashboards.assessing.forms import Posted, posted_answer
from dashboards.assessing.marks import apply_marks
from dashboards.assessing.panels import panel_context
from dashboards.assessing.presenters import Row
from dashboards.assessing.saving import Outcome, save_posted
from dashboards.assessing.views import read_page
from evidence.rules_of import Rules
from rubric.definition import Rubric
from rubric.loader import builtin
from scores.drafts import Draft, Proof
from scores.reading import full_score


@member_page(Role.ASSESSOR)
@require_POST
def start(request: MemberRequest, organisation: str, slug: str) -> HttpResponseBase:
    """Open a draft, blank or carried forward (`carry` given), and go to its form."""
    system = system_or_404(request.membership, slug)
    try:
        draft = start_assessment(
            actor=Actor.of(request.membership),
            system=system,
            at=timezone.now(),
            carry_forward="carry" in request.POST,
        )
    except Conflict as conflict:
        messages.error(request, conflict.detail)
        return redirect("assessments", organisation, slug)
    return redirect("assessment", organisation, slug, draft.pk)


@member_page(Role.VIEWER)
@require_http_methods(["GET", "HEAD", "POST"])
def assessment(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponseBase:
    """The form of a draft for those who may assess; the answers to read for all others, and once it is final."""
    found = assessment_or_404(request.membership, slug, number)
    may_assess = request.membership.may(Role.ASSESSOR)
    if request.method == "POST":
        if not may_assess:
            raise PermissionDenied
        return _save_page(request, found)
    if not found.is_draft or not may_assess or found.submitted_at is not None:
        return read_page(request, found)
    return form_page(request, found)


def form_page(request: MemberRequest, draft: Assessment, overrides: dict[str, Row] | None = None) -> HttpResponse:
    """The whole form; `overrides` are the rows that could not be saved. 409 where there are any."""
    now = timezone.now()
    context = form_context(draft, now, overrides)
    return render(request, "assessing/form.html", context, status=409 if overrides else 200)


def form_context(
    draft: Assessment,
    now: datetime,
    overrides: dict[str, Row] | None = None,
    answers: dict[str, Answer] | None = None,
) -> dict[str, Any]:
    """All that the form shows at `now`; `answers` are the stored ones by test, where they are known already."""
    rubric = builtin()[draft.rubric]
    if answers is None:
        stored = draft.answers.select_related("unseen_from__system")
        answers = {answer.test: answer for answer in stored if answer.test in rubric.tests}
    at = draft.effective_at or now
    score = full_score(draft.system, at, Draft.of(rubric, answers.values(), at))
    rules = Rules.of(draft.system)
    threads = {thread.test: thread for thread in draft.system.threads.select_related("person")}
    attached = dict(draft.attachments.order_by().values_list("test").annotate(Count("pk")))
    moved_at = draft.system.edition_changed_at
    return {
        "assessment": draft,
        "system": draft.system,
        "rubric": rubric,
        "sections": presenters.rows_of(rubric, answers, score, rules, at, overrides, threads, attached),
        "panel": presenters.panel_of(draft, rubric, answers.values(), Proof.of(score), at),
        "moved": moved_at is not None and moved_at >= draft.started_at,
        "refused": list(overrides or {}),
    }


def _save_page(request: MemberRequest, draft: Assessment) -> HttpResponseBase:
    """Save every answer that the reader touched, then go where the pressed button leads."""
    rubric = builtin()[draft.rubric]
    posted = [posted_answer(request.POST, test) for test in rubric.tests if f"{test}-version" in request.POST]
    kept, _, rest = request.POST.get("keep", "").partition(" ")
    dropped, accepted = request.POST.get("drop", ""), request.POST.get("accept", "")
    posted = [_accepted(_decided(answer, kept, rest, dropped), accepted) for answer in posted]
    theirs = rest.split(" ")[0] if kept == "theirs" else ""
    touched = [answer for answer in posted if answer.touched and answer.test != theirs]
    organisation, slug = request.membership.organisation.slug, draft.system.slug
    actor, now = Actor.of(request.membership), timezone.now()
    try:
        outcome = save_posted(actor=actor, draft=draft, posted=touched, at=now)
        apply_marks(actor, draft, request.POST, now)
    except (Conflict, Invalid) as refused:
        messages.error(request, str(refused))
        return redirect("assessment", organisation, slug, draft.pk)
    except Assessment.DoesNotExist:
        raise Http404 from None
    overrides = _refused_rows(rubric, touched, outcome)
    if overrides:
        return form_page(request, draft, overrides)
    if request.POST.get("next") == "review":
        return redirect("assessment-review", organisation, slug, draft.pk)
    messages.success(request, "All answers are saved.")
    return redirect(reverse("assessment", args=[organisation, slug, draft.pk]) + _place(request.POST, rubric))


def _place(data: QueryDict, rubric: Rubric) -> str:
    """The fragment that leads back to the test, or the category, whose button was pressed; '' where all is saved."""
    words = [
        word for name in ("confirm", "decline", "accept", "keep", "drop") for word in data.get(name, "").split(" ")
    ]
    tests = [f"#{word}" for word in words if word in rubric.tests]
    return next(iter(tests + [f"#{word}-h" for word in words if word in rubric.category_by_key]), "")


def _decided(answer: Posted, kept: str, rest: str, dropped: str) -> Posted:
    """The answer after the buttons that the form has without JavaScript: keep mine, remove a link."""
    test, _, version = rest.partition(" ")
    if kept == "mine" and test == answer.test and version.isdigit():
        answer = Posted(answer.test, answer.choice, answer.justification, answer.evidence, int(version[:9]), digest="")
    test, _, index = dropped.partition(" ")
    if test == answer.test and index.isdigit() and int(index[:3]) < len(answer.evidence):
        del answer.evidence[int(index[:3])]
    return answer


def _accepted(answer: Posted, accepted: str) -> Posted:
    """The answer with the level that evidence proposes, where the button was pressed that accepts it."""
    test, _, level = accepted.partition(" ")
    return replace(answer, choice=level) if test == answer.test else answer


def _refused_rows(rubric: Rubric, posted: list[Posted], outcome: Outcome) -> dict[str, Row]:
    return {
        answer.test: _row_after(rubric, answer, outcome)
        for answer in posted
        if answer.test in outcome.conflicts or answer.test in outcome.faults
    }


def _row_after(rubric: Rubric, answer: Posted, outcome: Outcome) -> Row:
    """The row of one posted answer, as it stands after saving."""
    test = rubric.tests[answer.test]
    if answer.test in outcome.conflicts:
        theirs = outcome.conflicts[answer.test]
        mine = presenters.WORDS.get(answer.choice, answer.choice)
        conflict = presenters.Conflict(theirs, mine, _name(theirs.updated_by) if theirs else "")
        return presenters.typed_row(rubric, test, answer, conflict)
    if answer.test in outcome.faults:
        return presenters.typed_row(rubric, test, answer, faults=outcome.faults[answer.test])
    return presenters.stored_row(rubric, test, outcome.saved[answer.test])


def _name(label: str) -> str:
    """Whom an answer's label means, by name where it is a person's address."""
    person = Person.objects.filter(email=label).first()
    return str(person) if person else label


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: MemberRequest, organisation: str, slug: str, number: int, test: str) -> HttpResponseBase:
    """One answer: POST saves it and answers its state and the score so far, GET answers its whole row as stored."""
    draft = assessment_or_404(request.membership, slug, number)
    rubric = builtin()[draft.rubric]
    if test not in rubric.tests:
        raise Http404
    if request.method != "POST":
        return _row_fragment(request, draft, test)
    posted = posted_answer(request.POST, test)
    try:
        outcome = save_posted(actor=Actor.of(request.membership), draft=draft, posted=[posted], at=timezone.now())
    except Conflict as conflict:
        outcome = Outcome(faults={test: [conflict.detail]})
    except Assessment.DoesNotExist:
        raise Http404 from None
    status = 200 if outcome.complete else 409 if outcome.conflicts else 422
    context = {"row": _row_after(rubric, posted, outcome), **panel_context(draft, rubric, outcome.answers)}
    return render(request, "assessing/saved.html", context, status=status)


def _row_fragment(request: MemberRequest, draft: Assessment, test: str) -> HttpResponse:
    context = form_context(draft, timezone.now())
    rows = [row for section in context["sections"] for row in section.rows if row.test.key == test]
    return render(request, "assessing/row.html", {**context, "row": rows[0], "out_of_band": True})
