"""What a form that is open asks every few seconds: who else has it open, and which answers others have saved."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import MemberRequest, member_page
from accounts.models import Person, Role
from assessments.models import Answer, Assessment
from assessments.presence import be_present
from dashboards.assessing import presenters
from dashboards.assessing.draft_views import form_context
from dashboards.assessing.finding import assessment_or_404
from dashboards.assessing.forms import choice_of
from rubric.loader import builtin


@member_page(Role.ASSESSOR)
@require_POST
def live(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponseBase:
    """JSON: `people`, the draft's `version`, and where it is not the one posted, `panel` and changed `rows`.

    The form posts as `seen` the stamp of each row that it shows, `test:stamp`. A draft that is none any more answers
    `closed`.
    """
    draft = assessment_or_404(request.membership, slug, number)
    if not draft.is_draft or draft.submitted_at is not None:
        return JsonResponse({"closed": "This assessment is not being edited any more. Reload the page to read it."})
    people = be_present(person=request.user, draft=draft, at=timezone.now())
    found: dict[str, Any] = {"people": [str(person) for person in people], "version": draft.version}
    if request.POST.get("version") != str(draft.version):
        found |= _news(request, draft, dict(_pairs(request.POST.getlist("seen"))))
    return JsonResponse(found)


def _pairs(texts: list[str]) -> list[tuple[str, str]]:
    return [(test, stamp) for test, _, stamp in (text.partition(":") for text in texts)]


def _news(request: MemberRequest, draft: Assessment, seen: dict[str, str]) -> dict[str, Any]:
    """The rows whose stamps differ, with who changed them and to what, and the score as it is."""
    rubric = builtin()[draft.rubric]
    answers = {
        answer.test: answer
        for answer in draft.answers.select_related("unseen_from__system")
        if answer.test in rubric.tests
    }
    changed = [
        test for test, stamp in seen.items() if test in rubric.tests and presenters.stamp(answers.get(test)) != stamp
    ]
    if not changed:
        return {"rows": []}
    context = form_context(draft, timezone.now(), answers=answers) | {
        "out_of_band": True,
        "membership": request.membership,
    }
    writers = {answers[test].updated_by for test in changed if test in answers}
    names = dict(Person.objects.filter(email__in=writers).values_list("email", "name"))
    rows = {row.test.key: row for section in context["sections"] for row in section.rows}
    return {
        "panel": render_to_string("assessing/score.html", context, request),
        "rows": [
            {
                "test": test,
                "stamp": presenters.stamp(answers.get(test)),
                "who": _who(answers.get(test), names),
                "word": presenters.WORDS[choice_of(answers.get(test))],
                "html": render_to_string("assessing/row.html", context | {"row": rows[test]}, request),
            }
            for test in changed
        ],
    }


def _who(answer: Answer | None, names: dict[str, str]) -> str:
    if answer is None:
        return ""
    return names.get(answer.updated_by) or answer.updated_by
