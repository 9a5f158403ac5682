"""Forms of a system's pages."""

from __future__ import annotations

from django import forms


class VoidForm(forms.Form):
    """Why a result is to be voided."""

    reason = forms.CharField(
        max_length=2000,
        label="Why is it wrong?",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why; the reason stays beside the result."},
    )
