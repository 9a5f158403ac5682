"""Keyless publishing in the settings: a binding is added, shown with what the pipeline needs, and removed."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.actors import Actor
from accounts.models import Activity, Membership, Token
from assessments.models import System
from keyless.bindings import add_binding
from keyless.models import Binding, Kind
from tests.factories import make_system

SignIn = Callable[[Membership], Client]
GITHUB = "https://token.actions.githubusercontent.com"


@pytest.fixture
def system(admin: Membership) -> System:
    return make_system(admin.organisation, timezone.now(), name="Fraud scorer", slug="fraud-scorer")


FORMS: dict[str, tuple[str, dict[str, str], list[list[str]]]] = {
    "a repository": (
        "github",
        {"repository": "acme/fraud", "issuer": GITHUB},
        [["repository", "acme/fraud"]],
    ),
    "a branch and an environment": (
        "github",
        {"repository": "acme/fraud", "branch": "main", "environment": "prod", "issuer": GITHUB},
        [["repository", "acme/fraud"], ["ref", "refs/heads/main"], ["environment", "prod"]],
    ),
    "a project's branch": (
        "gitlab",
        {"project": "acme/risk/fraud", "branch": "main", "issuer": "https://gitlab.com"},
        [["project_path", "acme/risk/fraud"], ["ref", "main"], ["ref_type", "branch"]],
    ),
    "claims": (
        "other",
        {"issuer": "https://ci.acme.example/", "claims": "sub = jobs/fraud\n\nteam=risk=1"},
        [["sub", "jobs/fraud"], ["team", "risk=1"]],
    ),
}


@pytest.mark.parametrize("case", FORMS)
def test_a_binding_is_added_shown_and_removed(case: str, admin: Membership, system: System, sign_in: SignIn) -> None:
    client, (kind, values, claims) = sign_in(admin), FORMS[case]
    assert "No pipeline publishes" in client.get("/o/acme/keyless/").content.decode()
    data = {"system": system.pk, **values}
    shown = unescape(client.post(f"/o/acme/keyless/new/{kind}/", data, follow=True).content.decode())
    binding = Binding.objects.get()
    assert (binding.kind, binding.issuer, binding.claims) == (kind, values["issuer"], claims)
    assert all(value in shown for _, value in claims)
    assert "fraud-scorer" in shown
    assert {"github": "id-token: write", "gitlab": "MLSCORE_ID_TOKEN:", "other": "/api/v1/token/exchange"}[
        kind
    ] in shown
    again = client.post(f"/o/acme/keyless/new/{kind}/", data)
    assert again.status_code == 400
    assert "already" in again.content.decode()
    assert str(binding) in unescape(client.get("/o/acme/keyless/").content.decode())
    assert str(binding) not in unescape(client.get("/o/acme/tokens/").content.decode())
    assert client.get(f"/o/acme/tokens/{binding.token_id}/revoke/").status_code == 404
    client.post(f"/o/acme/keyless/{binding.pk}/remove/")
    assert "No pipeline publishes" in client.get("/o/acme/keyless/").content.decode()
    assert client.post(f"/o/acme/keyless/{binding.pk}/remove/").status_code == 404
    actions = Activity.objects.filter(action__startswith="keyless.").values_list("action", flat=True)
    assert sorted(actions) == ["keyless.added", "keyless.removed"]


@pytest.mark.parametrize(
    ("kind", "values", "fault"),
    [
        ("github", {"repository": "fraud"}, "OWNER/NAME, such as"),
        ("github", {"repository": "acme/fraud", "issuer": "http://ci.example"}, "https address"),
        ("github", {"repository": "acme/fraud", "issuer": "https://ci.example?x=1"}, "https address"),
        ("github", {"repository": "acme/fraud", "issuer": "https://[::1"}, "https address"),
        ("github", {"repository": "acme/fraud", "system": "0"}, "valid choice"),
        ("gitlab", {"project": "fraud"}, "whole path, such as"),
        ("other", {"claims": ""}, "required"),
        ("other", {"claims": "sub"}, "reads name=value"),
        ("other", {"claims": "sub="}, "neither of them empty"),
        ("other", {"claims": "sub=a\nsub=b"}, "each once"),
        ("other", {"claims": "aud=a"}, "checked for every token"),
    ],
)
def test_a_wrong_form_is_told(
    admin: Membership, system: System, sign_in: SignIn, kind: str, values: dict[str, Any], fault: str
) -> None:
    data = {"system": system.pk, "issuer": GITHUB, **values}
    response = sign_in(admin).post(f"/o/acme/keyless/new/{kind}/", data)
    assert response.status_code == 400
    assert fault in unescape(response.content.decode())
    assert not Token.objects.exists()


def test_the_list_takes_few_statements_and_escapes_what_tokens_said(
    admin: Membership, system: System, sign_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        pairs = [("repository", f"acme/fraud-{number}")]
        add_binding(
            actor=Actor.of(admin), system_id=system.pk, kind=Kind.GITHUB, issuer=GITHUB, claims=pairs, at=timezone.now()
        )
    Binding.objects.update(last_refusal="ref was <script>", last_refused_at=timezone.now())
    client = sign_in(admin)
    with django_assert_max_num_queries(12):
        assert client.get("/o/acme/keyless/").content.decode().count("acme/fraud-") >= 12
    page = client.get(f"/o/acme/keyless/{Binding.objects.first().pk}/").content.decode()  # type: ignore[union-attr]
    assert "ref was &lt;script&gt;" in page
