"""Reading assessments: the list of a system, one assessment, and its answers as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from assessments import csv_form
from assessments.claims import freeze, thaw
from assessments.models import Assessment, AssessmentStatus
from dashboards.assessing import presenters
from dashboards.assessing.finding import assessment_or_404, system_or_404
from dashboards.assessing.presenters import Row
from dashboards.sessions.presenters import kept_sessions
from rubric.definition import Category, Rubric
from rubric.loader import builtin
from rubric.scoring import Totals, totals


@dataclass(frozen=True, slots=True)
class ListedAssessment:
    """One line of the list; `claimed` are the totals of its claims alone, None for a draft."""

    assessment: Assessment
    rubric: Rubric
    claimed: Totals | None
    newest: bool


@member_page(Role.VIEWER)
@require_safe
def assessments(request: MemberRequest, organisation: str, slug: str) -> HttpResponseBase:
    """The open draft and all past assessments of a system, newest first, with what to do next."""
    system = system_or_404(request.membership, slug)
    found = list(system.assessments.select_related("author").order_by("-effective_at", "-recorded_at", "-pk"))
    drafts = [each for each in found if each.is_draft]
    past = [each for each in found if not each.is_draft]
    newest = next((each for each in past if each.status == AssessmentStatus.FINAL), None)
    context = {
        "system": system,
        "drafts": drafts,
        "open_draft": next((each for each in drafts if not each.imported), None),
        "past": [_listed(each, newest) for each in past],
        "newest": newest,
        "may_assess": request.membership.may(Role.ASSESSOR),
        "rubric": builtin()[system.rubric],
    }
    return render(request, "assessing/list.html", context)


def _listed(assessment: Assessment, newest: Assessment | None) -> ListedAssessment:
    rubric = builtin()[assessment.rubric]
    return ListedAssessment(assessment, rubric, _claimed(assessment, rubric), assessment == newest)


def _claimed(assessment: Assessment, rubric: Rubric) -> Totals | None:
    if assessment.claims is None or assessment.effective_at is None:
        return None
    return totals(rubric, thaw(assessment.claims, assessment.effective_at).levels)


@dataclass(frozen=True, slots=True)
class ReadCategory:
    """A category of an assessment to read: its claimed points out of `maximum`."""

    category: Category
    points: Any
    maximum: Any
    rows: list[Row]


def read_page(request: MemberRequest, assessment: Assessment) -> HttpResponse:
    """The answers of any assessment, to read."""
    rubric = builtin()[assessment.rubric]
    answers = {answer.test: answer for answer in assessment.answers.all()}
    effective: datetime = assessment.effective_at or assessment.started_at
    claimed = totals(rubric, thaw(assessment.claims or freeze(answers.values()), effective).levels)
    sections = [
        ReadCategory(
            category,
            claimed.categories[category.key],
            rubric.category_maximum(category.key),
            [presenters.stored_row(rubric, test, answers.get(test.key)) for test in category.tests],
        )
        for category in rubric.categories
    ]
    context = {
        "assessment": assessment,
        "system": assessment.system,
        "rubric": rubric,
        "sections": sections,
        "sessions": kept_sessions(assessment, rubric),
        "claimed": claimed,
        "band": rubric.band(claimed.score),
        "attachments": list(assessment.attachments.all()),
        "may_assess": request.membership.may(Role.ASSESSOR),
        "may_void": request.membership.may(Role.ADMIN) and assessment.status == AssessmentStatus.FINAL,
    }
    return render(request, "assessing/read.html", context)


@member_page(Role.VIEWER)
@require_safe
def as_csv(request: MemberRequest, organisation: str, slug: str, number: int) -> HttpResponseBase:
    """The answers of an assessment in the form that can be uploaded again."""
    assessment = assessment_or_404(request.membership, slug, number)
    answers = {answer.test: answer.content() for answer in assessment.answers.all()}
    text = csv_form.write(builtin()[assessment.rubric], answers)
    return csv_response(text, f"{slug}-assessment-{number}.csv")


def csv_response(text: str, name: str) -> HttpResponse:
    """A CSV file to save, with the mark by which spreadsheets know that it is UTF-8."""
    response = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
