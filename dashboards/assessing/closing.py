"""The ends of an assessment: reviewed and finalised, discarded, or voided later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict
from accounts.models import Role
from assessments.claims import freeze
from assessments.models import Answer, Assessment, AssessmentStatus
from assessments.operations import check_may_finalise, discard_draft, finalise, void_assessment
from dashboards.assessing import presenters
from dashboards.assessing.evidence_line import evidence_line
from dashboards.assessing.finding import assessment_or_404
from dashboards.phrases import Phrase
from evidence.rules_of import Rules
from rubric.definition import Rubric, Test
from rubric.loader import builtin
from scores.drafts import Draft
from scores.reading import full_score, score_of
from scores.score import FullScore, Health, Score

LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Change:
    """A claim that differs from the last final assessment."""

    test: Test
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A claim that evidence does not bear out, or bears out with a failure."""

    test: Test
    line: Phrase
    declined: bool


@member_page(Role.ASSESSOR)
@require_safe
def review(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponseBase:
    """The summary before finalising."""
    draft = assessment_or_404(request.membership, slug, number)
    if not draft.is_draft:
        return redirect("assessment", organisation, slug, number)
    context = _review_context(draft) | _approval_context(request, draft)
    return render(request, "assessing/review.html", context)


def _approval_context(request: MemberRequest, draft: Assessment) -> dict[str, Any]:
    """Who may finalise the draft: `hindrance` says why the reader can't."""
    hindrance = ""
    try:
        check_may_finalise(Actor.of(request.membership), draft)
    except Conflict as conflict:
        hindrance = conflict.detail
    return {
        "second_reader": request.membership.organisation.second_reader,
        "submitted": draft.submitted_at is not None,
        "hindrance": hindrance,
    }


def _review_context(draft: Assessment) -> dict[str, Any]:
    now = timezone.now()
    at = draft.effective_at or now
    rubric = builtin()[draft.rubric]
    answers = {answer.test: answer for answer in draft.answers.all() if answer.test in rubric.tests}
    score = full_score(draft.system, at, Draft.of(rubric, answers.values(), at))
    last = Assessment.objects.final().filter(system_id=draft.system_id, effective_at__lte=at).last()
    moved_at = draft.system.edition_changed_at
    return {
        "assessment": draft,
        "system": draft.system,
        "rubric": rubric,
        "score": score,
        "before": _score_before(rubric, score, last),
        "last": last,
        "changes": _changes(rubric, last, answers),
        "contradictions": _contradictions(score, answers, Rules.of(draft.system), at),
        "unseen": [rubric.tests[key] for key, answer in answers.items() if answer.unseen_from_id is not None],
        "unanswered": [test for key, test in rubric.tests.items() if key not in answers],
        "moved": moved_at is not None and moved_at >= draft.started_at,
    }


def _score_before(rubric: Rubric, score: FullScore, last: Assessment | None) -> Score | None:
    """What the last final claims make beside the same evidence; None where another edition was answered."""
    if last is None or last.rubric != rubric.key:
        return None
    verified = {test.test.key: test.verified for test in score.tests}
    claims = presenters.thawed(last.claims or {}, last)
    return score_of(rubric, Draft(rubric, claims).beside(verified), score.total.at)


def _changes(rubric: Rubric, last: Assessment | None, answers: dict[str, Answer]) -> list[Change]:
    before = (last.claims or {}) if last else {}
    after = freeze(answers.values())
    return [
        Change(
            rubric.tests[key],
            presenters.claim_word(before, key),
            presenters.claim_word(after, key),
            answers[key].justification if key in answers else "",
        )
        for key in rubric.tests
        if key in presenters.changed_tests(before, after)
    ]


def _contradictions(score: FullScore, answers: dict[str, Answer], rules: Rules, at: datetime) -> list[Contradiction]:
    return [
        Contradiction(
            test.test,
            evidence_line(test, at, rules.freshness(test.test.key).window),
            test.test.key in answers and answers[test.test.key].declined == test.verified.key,
        )
        for test in score.tests
        if test.evidence_says_less or (test.health is Health.FAILING and test.claimed > 0)
    ]


@member_page(Role.ASSESSOR)
@require_POST
def finalise_draft(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponseBase:
    """Freeze the draft for good; the page of the review says what that means."""
    draft = assessment_or_404(request.membership, slug, number)
    try:
        finalise(actor=Actor.of(request.membership), assessment=draft, at=timezone.now())
    except Conflict as conflict:
        messages.error(request, conflict.detail)
        return redirect("assessment", organisation, slug, number)
    except Assessment.DoesNotExist:
        raise Http404 from None
    messages.success(request, "The assessment is final. Its claims count from now on.")
    return redirect("assessment", organisation, slug, number)


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponseBase:
    """Ask once, naming what is lost; then delete the draft."""
    draft = assessment_or_404(request.membership, slug, number)
    if not draft.is_draft:
        messages.error(request, "This assessment is final; it can't be discarded.")
        return redirect("assessment", organisation, slug, number)
    if request.method != "POST":
        return render(request, "assessing/discard.html", _asking(draft))
    try:
        discard_draft(actor=Actor.of(request.membership), assessment=draft, at=timezone.now())
    except Conflict as conflict:
        messages.error(request, conflict.detail)
        return redirect("assessment", organisation, slug, number)
    except Assessment.DoesNotExist:
        raise Http404 from None
    messages.success(request, "The draft is discarded.")
    return redirect("assessments", organisation, slug)


def _asking(assessment: Assessment) -> dict[str, Any]:
    answers = list(assessment.answers.all())
    return {
        "assessment": assessment,
        "system": assessment.system,
        "answered": len(answers),
        "justified": sum(1 for answer in answers if answer.justification),
        "links": sum(len(answer.evidence) for answer in answers),
    }


@member_page(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def void(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponseBase:
    """Ask for the reason, naming what is lost; then mark the assessment as voided."""
    found = assessment_or_404(request.membership, slug, number)
    if found.status != AssessmentStatus.FINAL:
        messages.error(request, "Only a final assessment can be voided, and only once.")
        return redirect("assessment", organisation, slug, number)
    reason = request.POST.get("reason", "").replace("\x00", "").strip()
    if request.method == "POST" and 0 < len(reason) <= LONGEST_REASON:
        return _void(request, found, reason)
    fault = ""
    if request.method == "POST":
        fault = "Say why." if not reason else f"At most {LONGEST_REASON} characters."
    context = {**_void_context(found), "fault": fault, "reason": reason}
    return render(request, "assessing/void.html", context, status=400 if fault else 200)


def _void(request: MemberRequest, found: Assessment, reason: str) -> HttpResponse:
    organisation, slug = request.membership.organisation.slug, found.system.slug
    try:
        void_assessment(actor=Actor.of(request.membership), assessment=found, reason=reason, at=timezone.now())
    except Conflict as conflict:
        messages.error(request, conflict.detail)
    else:
        messages.success(request, "The assessment is voided. It stays readable, and counts nothing at any time.")
    return redirect("assessment", organisation, slug, found.pk)


def _void_context(found: Assessment) -> dict[str, Any]:
    """What the score is with and without this assessment."""
    now = timezone.now()
    finals = Assessment.objects.final().filter(system_id=found.system_id)
    left = finals.exclude(pk=found.pk).filter(effective_at__lte=now).last()
    score = full_score(found.system, now)
    verified = {test.test.key: test.verified for test in score.tests}
    rubric = score.total.rubric
    claims = presenters.thawed((left.claims or {}) if left else {}, left or found)
    after = score_of(rubric, Draft(rubric, claims).beside(verified), now)
    return {
        **_asking(found),
        "rubric": rubric,
        "score": score.total,
        "after": after,
        "next": left,
        "is_newest": finals.filter(effective_at__lte=now).last() == found,
    }
