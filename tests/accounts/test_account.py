"""Where the root leads, one's own account, and signing in."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Membership, Organisation, Person, Role
from accounts.people import create_person
from tests.cast import NOW, PASSWORD, make_person

SignIn = Callable[[Membership | Person], Client]


@pytest.fixture
def pat(organisation: Organisation) -> Person:
    """Somebody with a password, who belongs to Acme."""
    person = make_person("pat", PASSWORD)
    Membership.objects.create(organisation=organisation, person=person, role=Role.VIEWER, created_at=NOW)
    return person


def log_in(client: Client, password: str = PASSWORD, email: str = "pat@example.org") -> int:
    return client.post("/accounts/login/", {"login": email, "password": password}).status_code


def test_the_root_leads_to_the_only_organisation(viewer: Membership, sign_in: SignIn) -> None:
    assert sign_in(viewer).get("/")["Location"] == "/o/acme/"


def test_the_root_offers_a_choice_and_remembers_it(
    viewer: Membership, elsewhere: Organisation, sign_in: SignIn
) -> None:
    Membership.objects.create(organisation=elsewhere, person=viewer.person, role=Role.VIEWER)
    client = sign_in(viewer)
    page = client.get("/").content.decode()
    assert "Acme" in page
    assert "Globex" in page
    client.get("/o/globex/members/")
    assert client.get("/")["Location"] == "/o/globex/"


def test_a_remembered_organisation_of_somebody_else_counts_nothing(viewer: Membership, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    client.cookies["organisation"] = "globex"
    assert client.get("/")["Location"] == "/o/acme/"


def test_without_an_organisation_the_root_says_what_to_do(organisation: Organisation, sign_in: SignIn) -> None:
    page = sign_in(make_person("nora")).get("/").content.decode()
    assert "no organisation yet" in page
    assert "nora@example.org" in page


def test_strangers_see_what_everyone_sees_who_guesses(
    stranger: Membership, viewer: Membership, sign_in: SignIn
) -> None:
    client = sign_in(stranger)
    there, nowhere = client.get("/o/acme/members/"), client.get("/o/nowhere/members/")
    assert there.status_code == nowhere.status_code == 404
    token = re.compile(rb'"X-CSRFToken": "\w+"')
    assert token.sub(b"", there.content) == token.sub(b"", nowhere.content)
    assert "organisation" not in there.cookies


def test_signing_in_leads_back(pat: Person) -> None:
    client = Client()
    asked = client.get("/o/acme/members/?x=1")
    assert asked["Location"] == "/accounts/login/?next=/o/acme/members/%3Fx%3D1"
    data = {"login": "PAT@example.org", "password": PASSWORD, "next": "/o/acme/members/?x=1"}
    assert client.post("/accounts/login/", data)["Location"] == "/o/acme/members/?x=1"


def test_a_foreign_address_is_no_way_back(pat: Person) -> None:
    data = {"login": "pat@example.org", "password": PASSWORD, "next": "https://evil.example/"}
    assert Client().post("/accounts/login/", data)["Location"] == "/"


def test_a_fragment_of_somebody_signed_out_is_401(organisation: Organisation) -> None:
    response = Client().get("/o/acme/members/", headers={"HX-Request": "true"})
    assert response.status_code == 401


def test_passwords_are_hashed_with_argon2(settings: object, organisation: Organisation) -> None:
    from django.conf import settings as configured

    settings.PASSWORD_HASHERS = [each for each in configured.PASSWORD_HASHERS if "MD5" not in each]  # type: ignore[attr-defined]
    person = create_person(email="ari@example.org", name="Ari", password=PASSWORD, at=NOW)
    assert person.password.startswith("argon2$argon2id$")


def test_too_many_wrong_passwords_are_429(pat: Person) -> None:
    client = Client()
    statuses = [log_in(client, "wrong") for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    assert log_in(client) == 429


def test_too_many_attempts_from_one_address_are_429(organisation: Organisation) -> None:
    client = Client()
    statuses = [log_in(client, "wrong", f"nobody{index}@example.org") for index in range(11)]
    assert statuses == [200] * 10 + [429]
    page = client.post("/accounts/login/", {"login": "nobody@example.org", "password": "x"})
    assert "Too many attempts" in page.content.decode()


def test_a_password_is_reset_by_mail(pat: Person) -> None:
    client = Client()
    assert client.post("/accounts/password/reset/", {"email": "pat@example.org"}).status_code == 302
    [message] = mail.outbox
    path = next(word for word in message.body.split() if "/password/reset/key/" in word).split("/accounts/")[1]
    form = client.get(f"/accounts/{path}", follow=True)
    new = "quite another stew"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    pat.refresh_from_db()
    assert pat.check_password(new)


def test_a_reset_for_nobody_looks_the_same(pat: Person) -> None:
    known = Client().post("/accounts/password/reset/", {"email": "pat@example.org"})
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_the_account_page_changes_the_name(viewer: Membership, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    assert "vera@example.org" in client.get("/account/").content.decode()
    assert client.post("/account/", {"name": "Vera Vogel"}).status_code == 302
    viewer.person.refresh_from_db()
    assert viewer.person.name == "Vera Vogel"
    assert client.post("/account/", {"name": ""}).status_code == 400


def test_other_sessions_can_be_ended(pat: Person) -> None:
    here, there = Client(), Client()
    log_in(here)
    log_in(there)
    assert here.get("/accounts/sessions/").content.decode().count("127.0.0.1") == 2
    here.post("/accounts/sessions/")
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


def test_a_deactivated_person_gets_nowhere(pat: Person) -> None:
    client = Client()
    log_in(client)
    Person.objects.filter(pk=pat.pk).update(is_active=False)
    assert client.get("/o/acme/members/").status_code == 302
    assert Client().get("/accounts/inactive/").status_code == 200
