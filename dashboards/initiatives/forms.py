"""Forms of initiatives: they check form, operations check rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import Membership
from assessments.initiatives import StepDetails
from assessments.models import Initiative, InitiativeStep

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class NewForm(forms.Form):
    """An initiative to start, or one to add the chosen steps to."""

    initiative = forms.ModelChoiceField(
        label="Add the steps to", queryset=Initiative.objects.none(), required=False, empty_label="A new initiative"
    )
    title = forms.CharField(label="Title of a new one", max_length=120, required=False)
    purpose = forms.CharField(label="Why", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    due_on = forms.DateField(label="Due", required=False, widget=DAY)

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["initiative"].queryset = Initiative.objects.visible_to(membership)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for a title where no initiative is chosen."""
        data: dict[str, Any] = super().clean() or {}
        if not data.get("initiative") and "title" in data and not data["title"].strip():
            self.add_error("title", "Name it, or choose one that is there.")
        return data


class EditForm(forms.Form):
    """What is said of an initiative and of each step; fields of a step are `owner-ID`, `due-ID`, `issue-ID`, `out-ID`."""

    title = forms.CharField(label="Title", max_length=120)
    purpose = forms.CharField(label="Why", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    due_on = forms.DateField(label="Due", required=False, widget=DAY)

    def __init__(
        self, *args: Any, steps: Sequence[InitiativeStep], members: Sequence[Membership], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.steps = steps
        self.people = {str(member.person_id): member.person for member in members}
        choices = [("", "Nobody"), *((key, str(person)) for key, person in self.people.items())]
        for step in steps:
            owned = str(step.owner_id or "")
            gone = [(owned, str(step.owner))] if owned and owned not in self.people else []
            self.fields[f"owner-{step.pk}"] = forms.ChoiceField(
                label="Owner", required=False, choices=[*choices, *gone], initial=owned
            )
            self.fields[f"due-{step.pk}"] = forms.DateField(
                label="Due", required=False, widget=DAY, initial=step.due_on
            )
            self.fields[f"issue-{step.pk}"] = forms.URLField(
                label="Issue",
                required=False,
                max_length=2000,
                assume_scheme="https",
                initial=step.issue_url,
                widget=forms.URLInput(attrs={"placeholder": "https://"}),
            )
            self.fields[f"out-{step.pk}"] = forms.BooleanField(label="Take out", required=False)

    def removed(self) -> list[int]:
        """The ids of the steps to take out."""
        return [step.pk for step in self.steps if self.cleaned_data[f"out-{step.pk}"]]

    def details(self) -> list[StepDetails]:
        """What is said of each step that stays."""
        data, gone = self.cleaned_data, set(self.removed())
        return [
            StepDetails(
                step_id=step.pk,
                owner=self.people.get(data[f"owner-{step.pk}"]),
                due_on=data[f"due-{step.pk}"],
                issue_url=data[f"issue-{step.pk}"],
            )
            for step in self.steps
            if step.pk not in gone
        ]
