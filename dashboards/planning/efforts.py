"""Efforts that replace the rubric's in plans: an organisation's, and a system's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.models import Role
from accounts.organisations import update_organisation
from assessments.systems import update_system
from dashboards.assessing.finding import system_or_404
from dashboards.planning.presenters import EFFORTS
from rubric.definition import Effort, Rubric
from rubric.loader import builtin

PREFIX = "effort-"


class EffortsForm(forms.Form):
    """A choice for each test of some rubrics; `defaults` are the efforts that hold where nothing is chosen, by test."""

    def __init__(self, *args: Any, rubrics: list[Rubric], defaults: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups: list[tuple[str, str, list[str]]] = []
        for rubric in rubrics:
            for category in rubric.categories:
                names = [PREFIX + test.key for test in category.tests if PREFIX + test.key not in self.fields]
                if names:
                    sharing = [each.title for each in rubrics if category.tests[0].key in each.tests]
                    self.groups.append((category.title, ", ".join(sharing) if len(rubrics) > 1 else "", names))
                for test in category.tests:
                    usual = EFFORTS[defaults.get(test.key, test.effort)]
                    sizes = [(size.value, EFFORTS[size].capitalize()) for size in Effort]
                    field = forms.ChoiceField(
                        label=test.title, required=False, choices=[("", f"Usual: {usual}"), *sizes]
                    )
                    self.fields.setdefault(PREFIX + test.key, field)

    def by_category(self) -> Iterator[tuple[str, str, list[forms.BoundField]]]:
        """Category by category: its title, the rubrics that have it where the form is of several, and the fields."""
        for title, rubrics, names in self.groups:
            yield title, rubrics, [self[name] for name in names]

    def efforts(self) -> dict[str, str]:
        """The efforts chosen, by test."""
        return {name.removeprefix(PREFIX): size for name, size in self.cleaned_data.items() if size}


def _shown(efforts: Mapping[str, str]) -> dict[str, str]:
    return {PREFIX + test: size for test, size in efforts.items()}


@member_page(Role.VIEWER)
@require_http_methods(["GET", "HEAD", "POST"])
def organisation_efforts(request: MemberRequest, organisation: str) -> HttpResponse:
    """The organisation's efforts; every member reads them, admins change them."""
    here, may_change = request.membership.organisation, request.membership.may(Role.ADMIN)
    rubrics = list(builtin().values())
    posted = request.POST if request.method == "POST" else None
    if posted is not None and not may_change:
        raise PermissionDenied("Only admins and owners change efforts.")
    form = EffortsForm(posted, rubrics=rubrics, defaults={}, initial=_shown(here.efforts))
    if form.is_valid():
        update_organisation(actor=Actor.of(request.membership), at=timezone.now(), efforts=form.efforts())
        messages.success(request, "The efforts are saved. Plans count with them at once.")
        return redirect("organisation-efforts", organisation)
    context = {"form": form, "may_change": may_change}
    return render(request, "planning/organisation_efforts.html", context, status=400 if form.errors else 200)


@member_page(Role.ASSESSOR)
@require_http_methods(["GET", "HEAD", "POST"])
def system_efforts(request: MemberRequest, organisation: str, slug: str) -> HttpResponse:
    """The system's own efforts; those of tests that only its earlier editions have are kept."""
    system = system_or_404(request.membership, slug)
    rubric = builtin()[system.rubric]
    posted = request.POST if request.method == "POST" else None
    defaults = request.membership.organisation.efforts
    form = EffortsForm(posted, rubrics=[rubric], defaults=defaults, initial=_shown(system.efforts))
    if form.is_valid():
        kept = {test: size for test, size in system.efforts.items() if test not in rubric.tests}
        changes = {"efforts": kept | form.efforts()}
        update_system(actor=Actor.of(request.membership), system=system, changes=changes, at=timezone.now())
        messages.success(request, "The efforts are saved. The plan counts with them at once.")
        return redirect("system-efforts", organisation, slug)
    context = {"form": form, "system": system}
    return render(request, "planning/system_efforts.html", context, status=400 if form.errors else 200)
