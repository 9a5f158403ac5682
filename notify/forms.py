"""Forms of this room's pages: they check form, operations check rules."""

from __future__ import annotations

from typing import Any

from django import forms

from notify.kinds import OF_SYSTEMS, Channel, Kind
from notify.models import LAPSE_DAYS, Choices, Shape


class ChoicesForm(forms.Form):
    """What a person wants to be told: one choice for each kind."""

    lapse_days = forms.IntegerField(
        label="Days before evidence lapses",
        min_value=LAPSE_DAYS[0],
        max_value=LAPSE_DAYS[1],
        help_text="How early you hear that evidence lapses soon.",
    )

    def __init__(self, data: Any, *, choices: Choices) -> None:
        super().__init__(data, initial={"lapse_days": choices.lapse_days})
        for kind in Kind:
            self.fields[kind.name.lower()] = forms.ChoiceField(
                label=kind.label,
                choices=Channel.choices,
                initial=choices.channel(kind).value,
            )
        self.order_fields([kind.name.lower() for kind in Kind])

    def channels(self) -> dict[Kind, Channel]:
        """The choices, once the form is valid."""
        return {kind: Channel(self.cleaned_data[kind.name.lower()]) for kind in Kind}


class WebhookForm(forms.Form):
    """A webhook to be created or changed."""

    name = forms.CharField(label="Name", max_length=120, help_text="What listens there, such as “Slack, #ml-platform”.")
    url = forms.CharField(
        label="Address",
        max_length=2000,
        help_text="Begins with https://. Slack and Teams give you one for their incoming webhooks.",
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    shape = forms.ChoiceField(
        label="Shape of the messages",
        choices=[
            (Shape.STANDARD.value, "MLScore's own JSON, for a program of yours"),
            (Shape.SLACK.value, "Slack: a message for an incoming webhook"),
            (Shape.TEAMS.value, "Microsoft Teams: a card for an incoming webhook or workflow"),
        ],
        initial=Shape.STANDARD.value,
        widget=forms.RadioSelect,
    )
    kinds = forms.MultipleChoiceField(
        label="What it is told",
        choices=[(kind.value, kind.label) for kind in OF_SYSTEMS],
        initial=[kind.value for kind in OF_SYSTEMS],
        widget=forms.CheckboxSelectMultiple,
    )


class WebhookChangeForm(WebhookForm):
    """A webhook that is there, which may be switched off."""

    active = forms.BooleanField(
        label="Switched on",
        required=False,
        help_text="While it is off, nothing is sent, and what happens is not kept for it.",
    )
