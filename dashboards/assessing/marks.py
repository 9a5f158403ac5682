"""Marks beside answers that are no answers themselves: looked at, declined. By a button of the form, or by its script."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpResponseBase, JsonResponse, QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Role
from assessments.carrying import confirm_answers
from assessments.models import Assessment
from assessments.proposals import decline_proposal
from dashboards.assessing import presenters
from dashboards.assessing.finding import assessment_or_404
from dashboards.assessing.panels import panel_context
from rubric.definition import Rubric
from rubric.loader import builtin


def apply_marks(actor: Actor, draft: Assessment, data: QueryDict, at: datetime) -> list[str]:
    """Do what the buttons `confirm` (`test KEY` or `category KEY`) and `decline` (`KEY LEVEL`) ask; the tests concerned.

    Raises Invalid and Conflict as the operations do.
    """
    rubric = builtin()[draft.rubric]
    tests = _tests(rubric, data.get("confirm", ""))
    if tests:
        confirm_answers(actor=actor, assessment=draft, tests=tests)
    declined, _, level = data.get("decline", "").partition(" ")
    if declined:
        decline_proposal(actor=actor, assessment=draft, test=declined, level=level, at=at)
        tests.append(declined)
    return tests


def _tests(rubric: Rubric, text: str) -> list[str]:
    kind, _, key = text.partition(" ")
    if kind == "test" and key in rubric.tests:
        return [key]
    return [
        test.key
        for category in rubric.categories
        if kind == "category" and category.key == key
        for test in category.tests
    ]


@member_page(Role.ASSESSOR)
@require_POST
def marks(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponseBase:
    """JSON: the new `stamps` by test and the score's `panel`; 409 and `detail` when it was refused."""
    draft = assessment_or_404(request.membership, slug, number)
    try:
        tests = apply_marks(Actor.of(request.membership), draft, request.POST, timezone.now())
    except Conflict as conflict:
        return JsonResponse({"detail": conflict.detail}, status=409)
    except Invalid as invalid:
        return JsonResponse({"detail": str(invalid)}, status=400)
    except Assessment.DoesNotExist:
        raise Http404 from None
    rubric = builtin()[draft.rubric]
    answers = {answer.test: answer for answer in draft.answers.all()}
    context = panel_context(draft, rubric, answers)
    return JsonResponse(
        {
            "stamps": {test: presenters.stamp(answers.get(test)) for test in tests},
            "panel": render_to_string("assessing/score.html", context, request),
        }
    )
