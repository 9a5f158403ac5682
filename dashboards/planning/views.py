"""The page of a system's plan: a target, the steps to it, and the score that any choice of steps would give."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from dashboards import phrases
from dashboards.planning import presenters
from dashboards.system.reading import system_of
from rubric.definition import Rubric
from rubric.scoring import totals
from scores.plan import position_of, warnings
from scores.steps import next_goal


class TargetForm(forms.Form):
    """The score to reach."""

    def __init__(self, *args: Any, rubric: Rubric, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"] = forms.DecimalField(
            label="Score to reach", max_digits=9, decimal_places=6, min_value=0, max_value=float(rubric.maximum)
        )
        self.fields["target"].widget.attrs["step"] = "any"


@require_safe
@member_page(Role.VIEWER)
def system_plan(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """The plan to `?target=`, else `next_goal`; `?choose=yes&step=NAME...` are the steps to look ahead with."""
    found = system_of(request.membership, system)
    position = position_of(found, timezone.now())
    rubric = position.rubric
    score = totals(rubric, position.credited).score
    asked = "target" in request.GET
    form = TargetForm(request.GET if asked else None, rubric=rubric)
    own = None if found.target_score is None else Fraction(found.target_score)
    goal = next_goal(rubric, score, own)
    if asked:
        goal = Fraction(form.cleaned_data["target"]) if form.is_valid() else None
    made = None if goal is None else position.plan(goal)
    planned = [step.name for step in made.steps] if made else []
    chosen = set(request.GET.getlist("step") if "choose" in request.GET else planned)
    context = {
        "system": found,
        "rubric": rubric,
        "form": form,
        "value": request.GET.get("target", "") if asked else "" if goal is None else presenters.written(goal),
        "goals": presenters.goals(position, score),
        "plan": made,
        "target": "" if made is None else phrases.score(made.target, rubric),
        "lines": presenters.lines(position, made, chosen) if made else [],
        "others": presenters.others(position, made, chosen),
        "outlook": presenters.outlook(position, chosen),
        "warnings": warnings(rubric, position.credited),
        "may_assess": request.membership.may(Role.ASSESSOR),
    }
    return render(request, "planning/plan.html", context, status=400 if form.errors else 200)
