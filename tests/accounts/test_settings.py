"""An organisation's settings, and how a change of rules is told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Activity, Membership, Organisation
from accounts.organisations import create_organisation, update_organisation
from evidence import rule_changes
from evidence.preparation import prepare_next
from tests.cast import NOW
from tests.factories import make_system, nightly, post

SignIn = Callable[[Membership], Client]
FORM = {
    "name": "Acme Labs",
    "review_interval_days": "60",
    "window_days": "14",
    "repeat_hours": "0",
    "credit": "passed",
    "retention_months": "30",
}


def test_a_slug_is_one_organisations(owner: Membership) -> None:
    with pytest.raises(Conflict) as refused:
        create_organisation(name="Acme 2", slug="acme", owner=owner.person, at=NOW)
    assert refused.value.faults[0].path == ("slug",)


def test_updating_records_what_changed(admin: Membership) -> None:
    update_organisation(actor=Actor.of(admin), at=NOW, name="Acme", review_interval_days=30)
    line = Activity.objects.get(action="organisation.changed")
    assert line.details == {"changes": {"review_interval_days": [90, 30]}}
    update_organisation(actor=Actor.of(admin), at=NOW, review_interval_days=30)
    assert Activity.objects.filter(action="organisation.changed").count() == 1


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"review_interval_days": 0},
        {"review_interval_days": 731},
        {"retention_months": 0},
    ],
)
def test_updating_refuses_what_breaks_a_rule(admin: Membership, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        update_organisation(actor=Actor.of(admin), at=NOW, **values)


def test_an_admin_changes_settings_and_rules(admin: Membership, sign_in: SignIn) -> None:
    response = sign_in(admin).post("/o/acme/settings/", FORM)
    assert response["Location"] == "/o/acme/settings/"
    stored = Organisation.objects.get()
    assert (stored.name, stored.review_interval_days) == ("Acme Labs", 60)
    assert (stored.window_days, stored.repeat_hours, stored.credit) == (14, 0, "passed")
    assert set(Activity.objects.values_list("action", flat=True)) == {
        "organisation.created",
        "organisation.changed",
        "rules.changed",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("window_days", "0"),
        ("window_days", "731"),
        ("window_days", "1.5"),
        ("repeat_hours", "-1"),
        ("repeat_hours", "17521"),
        ("review_interval_days", "x"),
        ("retention_months", "0"),
        ("retention_months", "241"),
        ("credit", "all"),
    ],
)
def test_a_wrong_value_changes_nothing(admin: Membership, sign_in: SignIn, field: str, value: str) -> None:
    response = sign_in(admin).post("/o/acme/settings/", FORM | {field: value})
    assert response.status_code == 400
    assert "errorlist" in response.content.decode()
    assert Organisation.objects.get().name == "Acme"


def test_keeping_results_for_a_shorter_time_has_to_be_confirmed(admin: Membership, sign_in: SignIn) -> None:
    client = sign_in(admin)
    shorter = FORM | {"retention_months": "6"}
    asked = client.post("/o/acme/settings/", shorter)
    assert asked.status_code == 400
    assert "Remove the results that are older than that, for good" in asked.content.decode()
    assert Organisation.objects.get().retention_months == 25
    assert client.post("/o/acme/settings/", shorter | {"removal": "on"}).status_code == 302
    assert Organisation.objects.get().retention_months == 6


def test_a_viewer_reads_the_settings(viewer: Membership, sign_in: SignIn) -> None:
    page = sign_in(viewer).get("/o/acme/settings/").content.decode()
    assert "Freshness window" in page
    assert "<form class" not in page
    assert sign_in(viewer).post("/o/acme/settings/", FORM).status_code == 403


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch, owner: Membership) -> None:
    """Any run is so many that a change is prepared in the background."""
    monkeypatch.setattr(rule_changes, "AT_ONCE", 0)
    system = make_system(owner.organisation, NOW)
    post(system, ["data-1"], nightly(NOW, NOW.replace(day=3)), NOW.replace(day=3))


@pytest.mark.usefixtures("large")
def test_a_change_in_preparation_is_shown_with_its_progress(admin: Membership, sign_in: SignIn) -> None:
    client = sign_in(admin)
    saved = client.post("/o/acme/settings/", FORM, follow=True).content.decode()
    assert "is being prepared" in saved
    assert "prepared 0 %" in saved
    assert "prepared 0 %" in client.get("/o/acme/systems/card-fraud-scoring/").content.decode()
    assert Organisation.objects.get().window_days == 30
    assert 'name="window_days" value="14"' in saved
    change = rule_changes.pending_of(admin.organisation)
    assert change is not None
    while prepare_next(change):
        pass
    assert rule_changes.swap(change.pk, at=NOW)
    assert "In preparation" not in client.get("/o/acme/settings/").content.decode()
    assert Organisation.objects.get().window_days == 14


@pytest.mark.usefixtures("large")
def test_a_pending_change_of_a_system_blocks_rules_but_not_the_name(admin: Membership, sign_in: SignIn) -> None:
    system = admin.organisation.systems.get()
    rule_changes.change_rules(actor=Actor.of(admin), changes={"windows": {"data-1": 5}}, at=NOW, system=system)
    response = sign_in(admin).post("/o/acme/settings/", FORM)
    assert response.status_code == 400
    assert "Try again" in response.content.decode()
    assert Organisation.objects.get().name == "Acme"
    same = FORM | {"window_days": "30", "repeat_hours": "12", "credit": "executed"}
    assert sign_in(admin).post("/o/acme/settings/", same).status_code == 302
    assert Organisation.objects.get().name == "Acme Labs"
