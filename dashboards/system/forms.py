"""Forms of a system's pages."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from assessments.events import LONGEST_NAME, LONGEST_TEXT, LONGEST_TITLE, Told
from assessments.links import LONGEST_LINK, is_link
from assessments.models import EventKind


class VoidForm(forms.Form):
    """Why a result, a release or a note is to be voided."""

    reason = forms.CharField(
        max_length=2000,
        label="Why is it wrong?",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why; the reason stays beside it."},
    )


class EventForm(forms.Form):
    """A note or a release. `event_id` tells a form that is sent twice from two of the same."""

    kind = forms.ChoiceField(choices=[(EventKind.NOTE, "Note"), (EventKind.RELEASE, "Release")])
    title = forms.CharField(max_length=LONGEST_TITLE, label="What happened")
    text = forms.CharField(
        max_length=LONGEST_TEXT, required=False, label="More about it", widget=forms.Textarea(attrs={"rows": 2})
    )
    at = forms.DateTimeField(
        required=False,
        label="When, in UTC",
        help_text="Left empty: at present.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    url = forms.CharField(max_length=LONGEST_LINK, required=False, label="Link")
    model_version = forms.CharField(max_length=LONGEST_NAME, required=False, label="Model version")
    event_id = forms.CharField(max_length=LONGEST_NAME, required=False, widget=forms.HiddenInput)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if url and not is_link(url):
            raise ValidationError("An http or https address.")
        return url

    def told(self) -> Told:
        """What the valid form tells."""
        return Told(**{**self.cleaned_data, "kind": EventKind(self.cleaned_data["kind"])})
