"""Single sign-on in the browser, with a real OpenID provider on another origin: by the code flow, by invitation only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.actors import Actor
from accounts.invitations import invite
from accounts.models import Membership, Organisation, Person, Role
from tests.support.issuer import Asked, Issuer, Redirect, running_issuer
from tests.support.live import Live, start_live

CLIENT = {"OIDC_CLIENT_ID": "mlscore", "OIDC_CLIENT_SECRET": "of mlscore", "OIDC_NAME": "Acme sign-on"}


@dataclass
class Provider:
    """Says who sits before the browser: `person` holds their claims."""

    issuer: Issuer
    person: dict[str, Any] = field(default_factory=dict)

    def authorise(self, asked: Asked) -> Redirect:
        assert asked.query["code_challenge_method"] == "S256"
        back = urlencode({"code": "c-1", "state": asked.query["state"]})
        return Redirect(f"{asked.query['redirect_uri']}?{back}")

    def token(self, asked: Asked) -> dict[str, Any]:
        assert asked.form["code"] == "c-1"
        assert asked.form["code_verifier"]
        signed = self.issuer.token(CLIENT["OIDC_CLIENT_ID"], **self.person)
        return {"access_token": "a-1", "token_type": "Bearer", "id_token": signed}

    def userinfo(self, asked: Asked) -> dict[str, Any]:
        assert asked.headers["Authorization"] == "Bearer a-1"
        return self.person


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_issuer() as issuer:
        made = Provider(issuer)
        issuer.pages = {"/authorize": made.authorise, "/token": made.token, "/userinfo": made.userinfo}
        issuer.discovery = {
            "authorization_endpoint": f"{issuer.url}/authorize",
            "token_endpoint": f"{issuer.url}/token",
            "userinfo_endpoint": f"{issuer.url}/userinfo",
        }
        yield made


@pytest.fixture
def live_with_provider(provider: Provider, django_db_blocker: Any) -> Iterator[Live]:
    live = start_live(OIDC_ISSUER=provider.issuer.url, **CLIENT)
    try:
        with django_db_blocker.unblock():
            live.manage("bootstrap", "--organisation", "Acme", "--slug", "acme", "--email", "olga@example.org")
            yield live
    finally:
        live.stop()


def claims(name: str, **more: Any) -> dict[str, Any]:
    return {"sub": name, "name": name.title(), "email": f"{name}@example.org", "email_verified": True, **more}


def invitation_to(live: Live, name: str) -> str:
    """The address of an invitation as an assessor."""
    with live.orm():
        organisation = Organisation.objects.get()
        _, secret = invite(
            actor=Actor(organisation), email=f"{name}@example.org", role=Role.ASSESSOR, at=timezone.now()
        )
    return f"{live.url}/invitations/{secret}/"


def test_whom_single_sign_on_lets_in(live_with_provider: Live, provider: Provider, page: Page) -> None:
    live, button = live_with_provider, page.get_by_role("button", name="Acme sign-on")
    # Somebody whom nobody invited.
    provider.person = claims("eve")
    page.goto(f"{live.url}/accounts/login/")
    button.click()
    expect(page.get_by_role("heading", name="invitation")).to_be_visible()
    with live.orm():
        assert not Person.objects.filter(email="eve@example.org").exists()
    # Somebody who is invited gets an account, and the invitation's role.
    provider.person = claims("ines")
    page.goto(invitation_to(live, "ines"))
    page.get_by_role("button", name="Use single sign-on").click()
    button.click()
    expect(page).to_have_url(f"{live.url}/o/acme/")
    with live.orm():
        member = Membership.objects.select_related("person").get(person__email="ines@example.org")
        assert (member.role, member.person.name) == (Role.ASSESSOR, "Ines")
    # Again, and led back to where they wanted to go.
    page.context.clear_cookies()
    page.goto(f"{live.url}/o/acme/teams/")
    button.click()
    expect(page).to_have_url(f"{live.url}/o/acme/teams/")
    # Somebody who has an account with a password: only by an address that the provider has verified.
    for verified, address in ((False, f"{live.url}/accounts/"), (True, f"{live.url}/o/acme/")):
        page.context.clear_cookies()
        provider.person = claims("olga", email_verified=verified)
        page.goto(f"{live.url}/accounts/login/")
        button.click()
        page.wait_for_load_state()
        assert page.url.startswith(address), page.url
