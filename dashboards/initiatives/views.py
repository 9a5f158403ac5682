"""The pages of initiatives: all of them, one, a new one, and changing one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.errors import Invalid
from accounts.forms import add_faults
from accounts.models import Membership, Role
from assessments.initiatives import WantedStep, add_steps, create_initiative, delete_initiative, update_initiative
from assessments.models import STEP_LEVELS, Initiative, System
from dashboards.assessing.finding import system_or_404
from dashboards.assessing.views import csv_response
from dashboards.figures.burn_up import burn_up
from dashboards.initiatives.forms import EditForm, NewForm
from dashboards.initiatives.presenters import as_csv, row, summary
from rubric.loader import builtin
from scores.initiatives import progress_of

SHOWN = 100


@require_safe
@member_page(Role.VIEWER)
def initiatives(request: MemberRequest, organisation: str) -> HttpResponse:
    """The newest initiatives, with how far each is."""
    now = timezone.now()
    found = list(Initiative.objects.visible_to(request.membership)[:SHOWN])
    rows = [summary(progress, now) for progress in progress_of(found, now)]
    return render(request, "initiatives/list.html", {"initiatives": rows})


@require_safe
@member_page(Role.VIEWER)
def initiative(request: MemberRequest, organisation: str, number: int) -> HttpResponse:
    """One initiative: its burn-up and its steps."""
    now = timezone.now()
    (progress,) = progress_of([_found(request.membership, number)], now)
    context = {
        "initiative": progress.initiative,
        "summary": summary(progress, now),
        "rows": [row(each, now) for each in progress.steps],
        "chart": burn_up(progress.burn_up, now),
        "may_assess": request.membership.may(Role.ASSESSOR),
    }
    return render(request, "initiatives/initiative.html", context)


@require_safe
@member_page(Role.VIEWER)
def initiative_csv(request: MemberRequest, organisation: str, number: int) -> HttpResponseBase:
    """The steps of one initiative as CSV."""
    now = timezone.now()
    (progress,) = progress_of([_found(request.membership, number)], now)
    return csv_response(as_csv(row(each, now) for each in progress.steps), f"initiative-{number}.csv")


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def initiative_new(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """Start an initiative with the steps of this system that `?step=TEST.LEVEL...` names, or add them to one."""
    given: QueryDict = request.POST if request.method == "POST" else request.GET
    found = system_or_404(request.membership, system)
    steps = _wanted(found, given.getlist("step"))
    posted = request.POST if request.method == "POST" else None
    form = NewForm(posted, membership=request.membership, initial={"title": f"Raise {found.name}"[:120]})
    if form.is_valid():
        number = _start(request, form, steps)
        if number is not None:
            return redirect("initiative", organisation, number)
    tests = builtin()[found.rubric].tests
    context = {
        "form": form,
        "system": found,
        "steps": [(f"{step.test}.{step.level}", tests[step.test].title, step.level) for step in steps],
    }
    return render(request, "initiatives/new.html", context, status=400 if form.errors else 200)


def _wanted(system: System, names: list[str]) -> list[WantedStep]:
    """The steps that these names say, in their order; what names none is passed over."""
    tests = builtin()[system.rubric].tests
    parts = (name.rpartition(".") for name in dict.fromkeys(names))
    return [WantedStep(system, test, level) for test, _, level in parts if test in tests and level in STEP_LEVELS]


def _start(request: MemberRequest, form: NewForm, steps: list[WantedStep]) -> int | None:
    """The id of the initiative that has the steps; None when the form has to be shown again."""
    actor, now, data = Actor.of(request.membership), timezone.now(), form.cleaned_data
    there: Initiative | None = data["initiative"]
    try:
        if there is not None:
            added = add_steps(actor=actor, initiative=there, steps=steps, at=now)
            messages.success(request, f"{added} of {len(steps)} steps were added; it had the others.")
            return there.pk
        made = create_initiative(
            actor=actor, title=data["title"], purpose=data["purpose"], due_on=data["due_on"], steps=steps, at=now
        )
    except Invalid as error:
        add_faults(form, error)
        return None
    messages.success(request, f"{made.title} is started. Say who takes which step, by when.")
    return made.pk


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def initiative_edit(request: MemberRequest, organisation: str, number: int) -> HttpResponse:
    """Title, purpose and due date; owner, due date and issue of each step; taking steps out."""
    now = timezone.now()
    found = _found(request.membership, number)
    (progress,) = progress_of([found], now)
    members = Membership.objects.visible_to(request.membership).select_related("person").order_by("person__email")
    form = EditForm(
        request.POST if request.method == "POST" else None,
        steps=[each.step for each in progress.steps],
        members=list(members),
        initial={"title": found.title, "purpose": found.purpose, "due_on": found.due_on},
    )
    if form.is_valid() and _update(request, form, found):
        messages.success(request, "Saved.")
        return redirect("initiative", organisation, number)
    rows = [
        (row(each, now), [form[f"{name}-{each.step.pk}"] for name in ("owner", "due", "issue", "out")])
        for each in progress.steps
    ]
    context = {"form": form, "initiative": found, "rows": rows}
    return render(request, "initiatives/edit.html", context, status=400 if form.errors else 200)


def _update(request: MemberRequest, form: EditForm, initiative: Initiative) -> bool:
    data = form.cleaned_data
    try:
        update_initiative(
            actor=Actor.of(request.membership),
            initiative=initiative,
            title=data["title"],
            purpose=data["purpose"],
            due_on=data["due_on"],
            details=form.details(),
            removed=form.removed(),
            at=timezone.now(),
        )
    except Invalid as error:
        add_faults(form, error)
        return False
    return True


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def initiative_delete(request: MemberRequest, organisation: str, number: int) -> HttpResponse:
    """Ask once, then delete."""
    found = _found(request.membership, number)
    if request.method == "POST":
        delete_initiative(actor=Actor.of(request.membership), initiative=found, at=timezone.now())
        messages.success(request, f"{found.title} is deleted.")
        return redirect("initiatives", organisation)
    return render(request, "initiatives/delete.html", {"initiative": found, "steps": found.steps.count()})


def _found(membership: Membership, number: int) -> Initiative:
    return get_object_or_404(Initiative.objects.visible_to(membership), pk=number)
