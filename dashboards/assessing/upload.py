"""Uploading a filled checklist: choose it, see what was understood, then store it. Nothing is stored before that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Role
from assessments import csv_form
from assessments.changes import AnswerChange
from assessments.csv_reading import LARGEST, CsvFault, CsvInvalid, Understood, read
from assessments.importing import take_over
from assessments.models import Assessment, Lifecycle, System
from assessments.operations import open_draft
from dashboards.assessing import presenters
from dashboards.assessing.finding import system_or_404
from rubric.definition import Rubric, Test
from rubric.levels import LEVELS, Level
from rubric.loader import builtin
from rubric.scoring import totals


@dataclass(frozen=True, slots=True)
class Understanding:
    """One row of the preview."""

    test: Test
    word: str
    change: AnswerChange


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: MemberRequest, organisation: str, slug: str) -> HttpResponseBase:
    """The form; a posted file is previewed, a confirmed preview stored."""
    system = system_or_404(request.membership, slug)
    may_import = request.membership.may(Role.ADMIN)
    if request.method != "POST":
        return _form(request, system, [], "")
    on = request.POST.get("on", "").strip()
    if on and not may_import:
        return _form(request, system, [CsvFault(0, "Date", "Only an admin may import an assessment of the past.")], on)
    try:
        effective_at = _instant(on, timezone.now())
        rubric = builtin()[system.edition_at(effective_at) if effective_at else system.rubric]
        understood = read(_posted_file(request), rubric)
    except CsvInvalid as invalid:
        return _form(request, system, list(invalid.faults), on)
    if request.POST.get("confirmed"):
        return _store(request, system, understood, effective_at, on)
    return _preview(request, system, rubric, understood, effective_at, on)


def _posted_file(request: MemberRequest) -> bytes:
    """The chosen file, or the text that the preview carries."""
    if "text" in request.POST:
        return request.POST["text"].encode("utf-8", "replace")
    file = request.FILES.get("file")
    if file is None:
        raise CsvInvalid(CsvFault(0, "", "Choose a file."))
    if (file.size or 0) > LARGEST:
        raise CsvInvalid(CsvFault(0, "", f"The file is larger than {LARGEST // 1024} KiB."))
    return bytes(file.read())


def _instant(on: str, now: datetime) -> datetime | None:
    """The start of a day in UTC; None where no day is given."""
    if not on:
        return None
    try:
        at = datetime.combine(date.fromisoformat(on), time(), UTC)
    except ValueError:
        raise CsvInvalid(CsvFault(0, "Date", "Give the date as YYYY-MM-DD.")) from None
    if at >= now or at.year < 2000:
        raise CsvInvalid(CsvFault(0, "Date", "The date lies in the past, and not before 2000."))
    return at


def _form(request: MemberRequest, system: System, faults: list[CsvFault], on: str) -> HttpResponse:
    context = {
        "system": system,
        "rubric": builtin()[system.rubric],
        "faults": faults,
        "on": on,
        "may_import": request.membership.may(Role.ADMIN),
        "open_draft": open_draft(system),
        "retired": system.lifecycle == Lifecycle.RETIRED,
        "columns": csv_form.COLUMNS,
    }
    return render(request, "assessing/upload.html", context, status=400 if faults else 200)


def _preview(
    request: MemberRequest,
    system: System,
    rubric: Rubric,
    understood: Understood,
    effective_at: datetime | None,
    on: str,
) -> HttpResponse:
    rows = [Understanding(rubric.tests[change.test], _word(change), change) for change in understood.changes]
    levels = {change.test: LEVELS[change.level or Level.NONE.key] for change in understood.changes}
    answers = {change.test: _content(change) for change in understood.changes}
    context: dict[str, Any] = {
        "system": system,
        "rubric": rubric,
        "rows": rows,
        "claimed": totals(rubric, levels),
        "unanswered": [test for key, test in rubric.tests.items() if key not in answers],
        "passed_over": understood.passed_over,
        "effective_at": effective_at,
        "on": on,
        "text": csv_form.write(rubric, answers),
        "open_draft": None if effective_at else open_draft(system),
    }
    return render(request, "assessing/preview.html", context)


def _content(change: AnswerChange) -> dict[str, Any]:
    return {
        "level": change.level,
        "justification": change.justification,
        "evidence": change.evidence,
        "not_applicable": change.not_applicable,
    }


def _word(change: AnswerChange) -> str:
    return presenters.WORDS["na" if change.not_applicable else change.level or "none"]


def _store(
    request: MemberRequest, system: System, understood: Understood, effective_at: datetime | None, on: str
) -> HttpResponseBase:
    try:
        stored = take_over(
            actor=Actor.of(request.membership),
            system=system,
            changes=understood.changes,
            at=timezone.now(),
            effective_at=effective_at,
        )
    except Conflict as conflict:
        return _form(request, system, [CsvFault(0, "", conflict.detail)], on)
    except Invalid as invalid:
        return _form(request, system, [CsvFault(0, "", fault.detail) for fault in invalid.faults], on)
    messages.success(request, _said(stored, effective_at))
    return redirect("assessment", request.membership.organisation.slug, system.slug, stored.pk)


def _said(stored: Assessment, effective_at: datetime | None) -> str:
    if effective_at is None:
        return "The file is now a draft."
    return "The assessment waits for approval." if stored.is_draft else "The assessment is imported."
