"""An empty installation: its code, its first organisation, and the commands that do without a browser."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import first_visit
from accounts.errors import Invalid
from accounts.models import Membership, Organisation, Person, SetupCode, Token
from accounts.tokens import authenticate
from tests.cast import NOW
from tests.factories import make_system

pytestmark = pytest.mark.django_db

PASSWORD = "wholesome turnip stew"


def form(given: str, **change: str) -> dict[str, str]:
    """A right form."""
    asked = {"organisation": "Acme Labs", "email": "olga@example.org", "name": "Olga", "password": PASSWORD}
    return asked | {"code": given, "repeated": PASSWORD} | change


def issued() -> str:
    code = first_visit.issue_setup_code(at=NOW)
    assert code is not None
    return code


def run(command: str, *arguments: str) -> tuple[str, str]:
    """What a command writes to standard output and to standard error."""
    out, err = StringIO(), StringIO()
    call_command(command, *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_root_leads_to_the_set_up_and_then_to_the_sign_in() -> None:
    assert Client().get("/")["Location"] == "/setup/"
    first_visit.set_up(code=issued(), organisation="Acme", email="o@example.org", name="O", password=PASSWORD, at=NOW)
    assert Client().get("/")["Location"] == "/accounts/login/?next=/"


def test_the_first_visitor_becomes_the_owner_and_is_signed_in() -> None:
    visitor = Client()
    assert visitor.get("/setup/").status_code == 200
    code = issued()
    assert visitor.post("/setup/", form(code.lower().replace("-", " ")))["Location"] == "/"
    organisation = Organisation.objects.get()
    assert (organisation.name, organisation.slug) == ("Acme Labs", "acme-labs")
    assert organisation.memberships.get().role == "owner"
    assert visitor.get("/")["Location"] == "/o/acme-labs/"
    assert not SetupCode.objects.exists()
    assert visitor.get("/setup/").status_code == 404
    assert Client().post("/setup/", form(code)).status_code == 404


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"code": "AAAAA-AAAAA-AAAAA-AAAAA"}, "not the code"),
        ({"code": ""}, "required"),
        ({"email": "olga"}, "valid email"),
        ({"password": "short", "repeated": "short"}, "too short"),
        ({"repeated": "another pass phrase"}, "differ"),
        ({"organisation": ""}, "required"),
    ],
)
def test_a_wrong_form_founds_nothing_and_keeps_the_code(change: dict[str, str], fault: str) -> None:
    response = Client().post("/setup/", form(issued(), **change))
    assert response.status_code == 400
    assert fault in response.content.decode()
    assert not Organisation.objects.exists()
    assert not Person.objects.exists()
    assert SetupCode.objects.count() == 1


def test_a_new_code_ends_the_former_one() -> None:
    former = issued()
    issued()
    with pytest.raises(Invalid):
        first_visit.set_up(code=former, organisation="A", email="o@example.org", name="O", password=PASSWORD, at=NOW)
    assert former.replace("-", "") not in repr(list(SetupCode.objects.values()))


def test_setup_code_prints_the_code_alone() -> None:
    out, err = run("setup_code")
    assert "/setup/" in err
    assert Client().post("/setup/", form(out.strip())).status_code == 302
    out, err = run("setup_code")
    assert out == ""
    assert "already" in err


BOOTSTRAP = ("bootstrap", "--organisation", "Acme", "--slug", "acme", "--email", "olga@example.org")


def test_bootstrap_takes_the_password_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSCORE_PASSWORD", PASSWORD)
    out, _ = run(*BOOTSTRAP)
    assert PASSWORD not in out
    person = Person.objects.get()
    assert person.check_password(PASSWORD)
    assert Membership.objects.get().role == "owner"
    client = Client()
    assert client.post("/accounts/login/", {"login": "olga@example.org", "password": PASSWORD}).status_code == 302
    assert client.get("/")["Location"] == "/o/acme/"


def test_bootstrap_prints_a_generated_password_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLSCORE_PASSWORD", raising=False)
    out, _ = run(*BOOTSTRAP)
    password = out.split("Password of olga@example.org: ")[1].split()[0]
    assert Person.objects.get().check_password(password)
    again, _ = run(*BOOTSTRAP)
    assert "Password" not in again
    assert Organisation.objects.count() == Person.objects.count() == 1
    assert Person.objects.get().check_password(password)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"--slug": "no slug"}, "slug"),
        ({"--email": "nobody"}, "email"),
        ({"--organisation": ""}, "1 to 120"),
    ],
)
def test_bootstrap_refuses_what_no_form_would_let_pass(change: dict[str, str], fault: str) -> None:
    arguments = {"--organisation": "Acme", "--slug": "acme", "--email": "olga@example.org"} | change
    with pytest.raises(CommandError, match=fault):
        run("bootstrap", *(part for pair in arguments.items() for part in pair))
    assert not Organisation.objects.exists()


def test_bootstrap_refuses_a_weak_password_and_makes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSCORE_PASSWORD", "12345")
    with pytest.raises(CommandError, match="too short"):
        run(*BOOTSTRAP)
    assert not Person.objects.exists()


def test_bootstrap_gives_no_organisation_away(owner: Membership) -> None:
    with pytest.raises(CommandError, match="not its owner"):
        run("bootstrap", "--organisation", "Acme", "--slug", "acme", "--email", "eve@example.org")
    assert Person.objects.count() == 1


def test_create_token_prints_the_token_alone(owner: Membership) -> None:
    system = make_system(owner.organisation, NOW, name="Fraud", slug="fraud")
    out, err = run(
        *("create_token", "--organisation", "acme", "--name", "ci", "--scope", "read", "--scope", "results:write"),
        *("--system", "fraud", "--expires-days", "30"),
    )
    assert err == ""
    token = authenticate(out.strip(), timezone.now())
    assert token is not None
    assert (token.name, token.scopes, token.system) == ("ci", ["read", "results:write"], system)
    assert token.expires_at is not None
    assert (token.expires_at - token.created_at).days == 30


@pytest.mark.parametrize(
    "change",
    [
        {"--organisation": "nowhere"},
        {"--system": "nothing"},
        {"--expires-days": "0"},
        {"--expires-days": "99999999999"},
        {"--scope": "everything"},
        {"--name": ""},
    ],
)
def test_create_token_refuses_wrong_arguments(owner: Membership, change: dict[str, Any]) -> None:
    arguments = {"--organisation": "acme", "--name": "ci", "--scope": "read"} | change
    with pytest.raises(CommandError):
        run("create_token", *(part for pair in arguments.items() for part in pair))
    assert not Token.objects.exists()
