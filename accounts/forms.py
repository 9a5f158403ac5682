"""Forms of this room's pages: they check form, operations check rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.errors import Conflict, Invalid
from accounts.models import Membership, Organisation, Person, Role, Scope

ROLE_HELP = {
    Role.VIEWER: "reads everything",
    Role.ASSESSOR: "assesses, and creates and edits systems",
    Role.ADMIN: "also manages members, tokens and settings",
    Role.OWNER: "also makes and removes owners",
}
SCOPE_HELP = {
    Scope.READ: "read scores, results and everything else",
    Scope.RESULTS_WRITE: "post results and reports; answers contain scores",
    Scope.SYSTEMS_WRITE: "create and change systems and their mapping rules",
    Scope.ASSESSMENTS_WRITE: "write and finalise assessments",
    Scope.ORGANISATION_WRITE: "change the organisation's rules and teams, void, import",
}


def add_faults(form: forms.Form, error: Invalid | Conflict) -> None:
    """Show at its field what an operation found at fault."""
    for fault in error.faults:
        field = str(fault.path[0])
        form.add_error(field if field in form.fields else None, fault.detail)
    if not error.faults:
        form.add_error(None, str(error))


class NewPasswordForm(forms.Form):
    """A name and a password for an account that is being made; a subclass or `address` names its e-mail address."""

    address = ""

    name = forms.CharField(label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text="At least 10 characters; no common password.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label="Password again", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        """Check the password by the validators of settings, and that it was typed the same twice."""
        data: dict[str, Any] = super().clean() or {}
        password = data.get("password")
        if password is not None:
            person = Person(email=data.get("email", self.address), name=data.get("name", ""))
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)
            if data.get("repeated") not in (None, password):
                self.add_error("repeated", "The two passwords differ.")
        return data


class SetupForm(NewPasswordForm):
    """The first visit."""

    code = forms.CharField(
        label="One-time code",
        max_length=60,
        help_text="The start of MLScore printed it.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    organisation = forms.CharField(
        label="Organisation", max_length=120, help_text="The company or group whose systems are assessed here."
    )
    email = forms.EmailField(
        label="Your e-mail address",
        max_length=254,
        help_text="You sign in with it.",
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    field_order = ("code", "organisation", "email", "name", "password", "repeated")


class InviteForm(forms.Form):
    """Whom to invite, as what. `roles` are those that the inviter may hand out."""

    email = forms.EmailField(label="E-mail address", max_length=254)
    role = forms.ChoiceField(label="Role", widget=forms.RadioSelect)

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, f"{role.label}: {ROLE_HELP[role]}") for role in roles]  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """A member's next role."""

    role = forms.ChoiceField(choices=Role.choices)


class NameForm(forms.Form):
    """A name, of a person or of a team."""

    name = forms.CharField(label="Name", max_length=120)


class TeamMembersForm(forms.Form):
    """Who belongs to a team."""

    members = forms.TypedMultipleChoiceField(
        label="Members", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["members"].choices = [  # type: ignore[attr-defined]
            (member.pk, f"{member.person} ({member.person.email})" if member.person.name else member.person.email)
            for member in members
        ]


class TokenForm(forms.Form):
    """A token to be created."""

    name = forms.CharField(
        label="Name", max_length=120, help_text="What uses it, such as “nightly pipeline of fraud-scorer”."
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=[(scope.value, f"{scope.value}: {SCOPE_HELP[scope]}") for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.RESULTS_WRITE.value],
    )
    system = forms.TypedChoiceField(
        label="System",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="A token bound to one system sees and writes that one only.",
    )
    days = forms.TypedChoiceField(
        label="Expires",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[(30, "in 30 days"), (90, "in 90 days"), (365, "in a year"), ("", "never")],
        initial=365,
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        systems = [(system.pk, system.name) for system in organisation.systems.all()]
        self.fields["system"].choices = [("", "Every system of the organisation"), *systems]  # type: ignore[attr-defined]
