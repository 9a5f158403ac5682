"""The form of a binding, by whose tokens it takes: what its fields say becomes issuer and claims."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Organisation
from keyless.models import LONGEST_ISSUER, Kind

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
GITLAB_ISSUER = "https://gitlab.com"


class BindingForm(forms.Form):
    """The system; a subclass adds what tells pipelines of one CI apart."""

    system = forms.TypedChoiceField(
        label="System", coerce=int, help_text="Tokens see this one system: they post results to it, and read it."
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        systems = [(system.pk, system.name) for system in organisation.systems.all()]
        # None is chosen beforehand: a pipeline shall not publish for a system that nobody meant.
        self.fields["system"].choices = [("", "Choose one"), *systems]  # type: ignore[attr-defined]

    def pairs(self) -> list[tuple[str, str]]:
        """The claims that the fields stand for, the pipeline's home first."""
        raise NotImplementedError


def _issuer(initial: str, help_text: str) -> forms.CharField:
    """A field for the address that tokens name in `iss`."""
    # The stock URLField knows no hosts without a dot, which private networks have.
    return forms.CharField(label="Issuer", max_length=LONGEST_ISSUER, initial=initial, help_text=help_text)


class GitHubForm(BindingForm):
    """A repository, and perhaps a branch or an environment of it."""

    repository = forms.RegexField(
        r"^[\w.-]+/[\w.-]+$",
        label="Repository",
        max_length=200,
        help_text="OWNER/NAME, in the upper and lower case that GitHub shows.",
        error_messages={"invalid": "OWNER/NAME, such as acme/fraud-scorer."},
    )
    branch = forms.CharField(
        label="Branch", max_length=200, required=False, help_text="Empty: every branch, tag and pull request of it."
    )
    environment = forms.CharField(
        label="Environment",
        max_length=200,
        required=False,
        help_text="The job's deployment environment, where it must have one.",
    )
    issuer = _issuer(GITHUB_ISSUER, "Another one on GitHub Enterprise: https://HOST/_services/token.")

    def pairs(self) -> list[tuple[str, str]]:
        data = self.cleaned_data
        found = [("repository", data["repository"])]
        if data["branch"]:
            found.append(("ref", f"refs/heads/{data['branch']}"))
        if data["environment"]:
            found.append(("environment", data["environment"]))
        return found


class GitLabForm(BindingForm):
    """A project, and perhaps a branch of it."""

    project = forms.RegexField(
        r"^[\w.-]+(/[\w.-]+)+$",
        label="Project",
        max_length=300,
        help_text="Its whole path, GROUP/SUBGROUP/NAME.",
        error_messages={"invalid": "The whole path, such as acme/risk/fraud-scorer."},
    )
    branch = forms.CharField(
        label="Branch", max_length=200, required=False, help_text="Empty: every branch, tag and merge request of it."
    )
    issuer = _issuer(GITLAB_ISSUER, "The address of your GitLab.")

    def pairs(self) -> list[tuple[str, str]]:
        data = self.cleaned_data
        # A tag may bear a branch's name.
        branch = [("ref", data["branch"]), ("ref_type", "branch")] if data["branch"] else []
        return [("project_path", data["project"]), *branch]


class OtherForm(BindingForm):
    """Any issuer that publishes a discovery document."""

    issuer = _issuer("", "As tokens name it in iss; its keys are found by /.well-known/openid-configuration below it.")
    claims = forms.CharField(
        label="Claims",
        max_length=8000,
        help_text="name=value, one a line; a token must bear all of them. The first names the pipeline's home, such as sub.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def clean_claims(self) -> str:
        """The text, each of whose lines has a name and a value."""
        text: str = self.cleaned_data["claims"]
        if not all("=" in line for line in text.splitlines() if line.strip()):
            raise forms.ValidationError("Each line reads name=value.")
        return text

    def pairs(self) -> list[tuple[str, str]]:
        lines = (line.partition("=") for line in self.cleaned_data["claims"].splitlines() if line.strip())
        return [(name.strip(), value.strip()) for name, _, value in lines]


FORMS: dict[str, type[BindingForm]] = {Kind.GITHUB: GitHubForm, Kind.GITLAB: GitLabForm, Kind.OTHER: OtherForm}
