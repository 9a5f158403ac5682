"""The pages on which an organisation and a system replace the rubric's efforts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Activity, Membership, Organisation
from tests.cast import NOW
from tests.dashboards.pages import address, read, text_of
from tests.factories import make_system

SignIn = Callable[[Membership], Client]
pytestmark = pytest.mark.django_db


def test_efforts_are_saved_and_logged_and_the_plan_counts_with_them(
    organisation: Organisation, admin: Membership, sign_in: SignIn
) -> None:
    system = make_system(organisation, NOW)
    client = sign_in(admin)
    assert (
        client.post("/o/acme/settings/efforts/", {"effort-data-3": "L", "effort-versioning-1": "S"}).status_code == 302
    )
    organisation.refresh_from_db()
    assert organisation.efforts == {"data-3": "L", "versioning-1": "S"}
    page = address(system, "efforts/")
    assert "Usual: large" in read(client, page)
    assert client.post(page, {"effort-data-4": "L", "effort-data-6": "S"}).status_code == 302
    system.refresh_from_db()
    assert system.efforts == {"data-4": "L", "data-6": "S"}
    plan = text_of(read(client, address(system, "plan/?target=0.5")))
    assert "New features can be added quickly" in plan.split("What if")[0]
    logged = list(Activity.objects.filter(action__in=["organisation.changed", "system.changed"]).order_by("pk"))
    assert [line.details["changes"]["efforts"] for line in logged] == [
        [{}, {"data-3": "L", "versioning-1": "S"}],
        [{}, {"data-4": "L", "data-6": "S"}],
    ]
    assert client.post(page, {}).status_code == 302
    system.refresh_from_db()
    assert system.efforts == {}


def test_what_is_no_effort_is_refused_and_unknown_tests_are_passed_over(
    organisation: Organisation, admin: Membership, sign_in: SignIn
) -> None:
    client = sign_in(admin)
    assert client.post("/o/acme/settings/efforts/", {"effort-data-3": "XL"}).status_code == 400
    assert client.post("/o/acme/settings/efforts/", {"effort-nope": "S"}).status_code == 302
    organisation.refresh_from_db()
    assert organisation.efforts == {}
