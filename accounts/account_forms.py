"""django-allauth's forms with our words, and without placeholders that repeat the labels."""

from __future__ import annotations

from typing import Any

from allauth.account import forms

_LABELS = {
    "login": "E-mail address",
    "email": "E-mail address",
    "remember": "Stay signed in on this device",
    "oldpassword": "Present password",
    "password1": "New password",
    "password2": "New password, again",
}


class _Plain:
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = _LABELS.get(name, field.label)


class SignInForm(_Plain, forms.LoginForm):  # type: ignore[misc]
    """Signing in."""


class AddressForm(_Plain, forms.AddEmailForm):  # type: ignore[misc]
    """Another e-mail address."""


class PasswordForm(_Plain, forms.ChangePasswordForm):  # type: ignore[misc]
    """Another password, for who knows the present one."""


class FirstPasswordForm(_Plain, forms.SetPasswordForm):  # type: ignore[misc]
    """A password for who had none."""


class ResetForm(_Plain, forms.ResetPasswordForm):  # type: ignore[misc]
    """The address that a link for a new password goes to."""


class NewPasswordForm(_Plain, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, by the link of the mail."""
