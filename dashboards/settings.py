"""An organisation's settings: its name, and the rules by which its history is read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_page
from accounts.actors import Actor
from accounts.models import (
    REPEAT_HOURS,
    RETENTION_MONTHS,
    REVIEW_INTERVAL_DAYS,
    WINDOW_DAYS,
    Credit,
    Organisation,
    Role,
)
from accounts.organisations import update_organisation
from evidence.preparation import progress
from evidence.rule_changes import ChangeInPreparation, change_rules, pending_of, settings_of
from evidence.rules_of import ORGANISATION_RULES


def _is_true(value: str) -> bool:
    return value == "True"


class SettingsForm(forms.Form):
    """All settings of an organisation. What a field does is said beside it."""

    name = forms.CharField(label="Name", max_length=120)
    review_interval_days = forms.IntegerField(
        label="Review interval, in days",
        min_value=REVIEW_INTERVAL_DAYS[0],
        max_value=REVIEW_INTERVAL_DAYS[1],
        help_text="A system is due for review when its newest assessment is older. It changes no score.",
    )
    window_days = forms.IntegerField(
        label="Freshness window, in days",
        min_value=WINDOW_DAYS[0],
        max_value=WINDOW_DAYS[1],
        help_text="A run counts for this long; after that, what it verified lapses. A system may set its own for a test.",
    )
    repeat_hours = forms.IntegerField(
        label="Repeat interval, in hours",
        min_value=REPEAT_HOURS[0],
        max_value=REPEAT_HOURS[1],
        help_text="Two runs at least this far apart, both in the window, verify a test as automated; with 0 any two do.",
    )
    credit = forms.ChoiceField(
        label="Which results count",
        choices=[
            (Credit.EXECUTED.value, "Passed and failed ones: the rubric rewards running a test"),
            (Credit.PASSED.value, "Passed ones only"),
        ],
        widget=forms.RadioSelect,
    )
    allow_not_applicable = forms.TypedChoiceField(
        label="Claiming a test not applicable",
        choices=[("True", "allowed, with a reason"), ("False", "not allowed")],
        coerce=_is_true,
        empty_value=None,
        required=False,
        help_text="It never raises the score; the adjusted score beside it leaves such tests out.",
    )
    second_reader = forms.TypedChoiceField(
        label="Finalising an assessment",
        choices=[("False", "by any assessor"), ("True", "by someone else than its authors")],
        coerce=_is_true,
        empty_value=None,
        required=False,
        help_text="By someone else: the authors submit a draft, and whoever approves it finalises it.",
    )
    retention_months = forms.IntegerField(
        label="Keep results for, in months",
        min_value=RETENTION_MONTHS[0],
        max_value=RETENTION_MONTHS[1],
        help_text="Older results are removed, with their messages, links and metrics. Their runs stay, so no score, chart "
        "or later change of a rule is touched by it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        months = self.data.get("retention_months", "")
        if months.isdecimal() and int(months[:9]) < self.initial["retention_months"]:
            self.fields["removal"] = forms.BooleanField(
                label="Remove the results that are older than that, for good",
                error_messages={"required": "Results that are removed can’t be brought back. Tick this to go on."},
            )


def values_of(organisation: Organisation, pending: dict[str, Any]) -> dict[str, Any]:
    """What the form shows: the values in force, and of a change in preparation those to come."""
    stored = {field: getattr(organisation, field) for field in SettingsForm.base_fields}
    return {**stored, **pending}


def _shown(field: forms.BoundField) -> str:
    """The value of a field as its form would name it."""
    choices = dict(getattr(field.field, "choices", ()))
    return str(choices.get(str(field.value()), field.value()))


@member_page(Role.VIEWER)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: MemberRequest, organisation: str) -> HttpResponse:
    """The settings; every member reads them, admins change them."""
    here, pending = settings_of(request.membership.organisation)
    coming = dict(pending.changes) if pending is not None and pending.system_id is None else {}
    form = SettingsForm(request.POST or None, initial=values_of(here, coming))
    if request.method == "POST":
        response = _save(request, form)
        if response is not None:
            return response
    context = {
        "form": form,
        "may_manage": request.membership.may(Role.ADMIN),
        "shown": [(field.label, _shown(field), field.help_text) for field in SettingsForm(initial=values_of(here, {}))],
        "pending": pending,
        "coming": [(SettingsForm.base_fields[name].label, value) for name, value in coming.items()],
        "percent": progress(pending) if pending is not None else 0,
    }
    return render(request, "dashboards/settings.html", context, status=400 if form.errors else 200)


def _save(request: MemberRequest, form: SettingsForm) -> HttpResponse | None:
    """Store what an admin posted; None when the form has to be shown again."""
    if not request.membership.may(Role.ADMIN):
        raise PermissionDenied("Only admins and owners change settings.")
    if not form.is_valid():
        return None
    here, actor, now = request.membership.organisation, Actor.of(request.membership), timezone.now()
    data = form.cleaned_data
    rules = {rule: data[rule] for rule in ORGANISATION_RULES if form[rule].initial != data[rule]}
    try:
        with transaction.atomic():
            update_organisation(
                actor=actor,
                at=now,
                name=data["name"],
                review_interval_days=data["review_interval_days"],
                retention_months=data["retention_months"],
                allow_not_applicable=data["allow_not_applicable"],
                second_reader=data["second_reader"],
            )
            if rules:
                change_rules(actor=actor, changes=rules, at=now)
    except ChangeInPreparation:
        form.add_error(None, "A change of a system's rules is being prepared. Try again when it is in force.")
        return None
    if pending_of(here) is not None:
        messages.success(request, "Saved. The change of rules is being prepared and takes effect all at once.")
    else:
        messages.success(request, "The settings are saved.")
    return redirect("settings", here.slug)
