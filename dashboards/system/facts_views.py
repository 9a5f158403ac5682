"""The facts behind a system's numbers: one test, the results, one result."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.models import Role
from dashboards.moments import as_of
from dashboards.paging import page_number
from dashboards.system.facts_presenters import counts_as, read_wanted, why_verified
from dashboards.system.forms import VoidForm
from dashboards.system.parts import dates
from dashboards.system.reading import system_of
from dashboards.system.strip_presenters import metrics, strips
from evidence.models import Check, Result, Status
from evidence.rules_of import Rules
from evidence.voiding import AlreadyVoided, void_result
from rubric.loader import builtin
from scores.explain import Wanted, explain, is_removed, result_page, results_of
from scores.strips import histories, page_of_checks

PAGE = 50
LAST_PAGE = 1000
RESULTS_OF_TEST = 20


@require_safe
@member_page(Role.VIEWER)
def test(request: MemberRequest, organisation: str, system: str, test: str) -> HttpResponse:
    """Why one test of the system holds its level, now or as of `?at=`, a day or an instant."""
    now = timezone.now()
    moment = as_of(request.GET, now)
    found = system_of(request.membership, system)
    rubric = builtin()[found.edition_at(moment.at)]
    if test not in rubric.tests:
        raise Http404("There is no such test in this system's rubric.")
    explanation = explain(found, test, moment.at)
    number = page_number(request.GET.get("checks", ""), LAST_PAGE)
    checks, more = page_of_checks(explanation.checks, number)
    shown = histories(checks, moment.at)
    results = Result.objects.filter(system=found, check_of__in=[check.pk for check in explanation.checks])
    newest = results.filter(observed_at__lte=moment.at).select_related("check_of").newest_first()
    context = {
        "system": found,
        "rubric": rubric,
        "category": rubric.category_by_key[rubric.tests[test].category],
        "explanation": explanation,
        "score": explanation.score,
        "why_verified": why_verified(explanation),
        "strips": strips(shown),
        "metrics": metrics(shown, moment.at),
        "checks": len(explanation.checks),
        "number": number,
        "following": number + 1 if more else None,
        "results": newest[:RESULTS_OF_TEST],
        "dates": dates("The test", found, moment, now, (explanation.earlier, explanation.later)),
        "as_of": moment,
        "at": moment.at,
        "past": moment.past,
        "now": now,
    }
    return render(request, "dashboards/test.html", context)


@require_safe
@member_page(Role.VIEWER)
def results(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """The system's results, newest first, a page at a time; `?test=&check=&run_id=&status=` narrow them."""
    found = system_of(request.membership, system)
    wanted = read_wanted(request.GET)
    try:
        page = result_page(results_of(found, wanted), request.GET.get("cursor", ""), PAGE)
    except ValueError as error:
        raise BadRequest("That is no place in this list; begin at its first page.") from error
    following = request.GET.copy()
    following["cursor"] = page.following
    context = {
        "system": found,
        "rubric": builtin()[found.rubric],
        "rubrics": [builtin()[key] for key in found.edition_keys],
        "wanted": wanted,
        "filtered": wanted != Wanted(),
        "first_page": "cursor" not in request.GET,
        "checks": list(Check.objects.filter(system=found).order_by("name").values_list("name", flat=True)[:500]),
        "statuses": Status.choices,
        "page": page,
        "following": following.urlencode() if page.following else "",
        "removed": bool(wanted.run_id) and not page.results and is_removed(found, wanted.run_id),
    }
    return render(request, "dashboards/results.html", context)


@require_safe
@member_page(Role.VIEWER)
def result(request: MemberRequest, organisation: str, system: str, number: int) -> HttpResponse:
    """One result with all its provenance."""
    found = system_of(request.membership, system)
    return _result_page(request, _result(request, system, number), Rules.of(found), VoidForm())


@require_POST
@member_page(Role.ADMIN)
def void(request: MemberRequest, organisation: str, system: str, number: int) -> HttpResponse:
    """Void one result, for the reason in the form."""
    found = system_of(request.membership, system)
    shown = _result(request, system, number)
    form = VoidForm(request.POST)
    if not form.is_valid():
        return _result_page(request, shown, Rules.of(found), form, status=422)
    try:
        void_result(
            actor=Actor.of(request.membership),
            result_id=shown.pk,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
        )
        messages.success(request, f"Voided the result of {shown.check_of.name} in run {shown.run_id}.")
    except AlreadyVoided:
        messages.warning(request, "This result was voided already.")
    return redirect("system-result", organisation, system, number)


def _result(request: MemberRequest, system: str, number: int) -> Result:
    results = Result.objects.visible_to(request.membership).select_related("check_of", "system", "token")
    return get_object_or_404(results, system__slug=system, pk=number)


def _result_page(
    request: MemberRequest, result: Result, rules: Rules, form: VoidForm, *, status: int = 200
) -> HttpResponse:
    rubrics = [builtin()[key] for key in result.system.edition_keys]
    titled = next(
        (rubric.tests[result.check_of.test] for rubric in rubrics if result.check_of.test in rubric.tests), None
    )
    current = builtin()[result.system.rubric]
    context = {
        "system": result.system,
        "result": result,
        "test": titled,
        "rubric": current,
        "in_force": result.check_of.test in current.tests,
        "counts_as": counts_as(result, rules),
        "form": form,
        "may_void": request.membership.may(Role.ADMIN) and result.voided_at is None,
    }
    return render(request, "dashboards/result.html", context, status=status)
