"""Creating, editing and retiring systems in the browser, their rules and their rubric."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Membership
from assessments.models import System
from assessments.operations import start_assessment
from evidence.models import RuleChange
from tests.factories import make_system, make_team

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
FIELDS = {"name": "Ranker", "lifecycle": "production", "rubric": "ml-test-score-2017"}


@pytest.fixture
def client(assessor: Membership, sign_in: Callable[[Membership], Client]) -> Client:
    return sign_in(assessor)


@pytest.fixture
def system(assessor: Membership) -> System:
    return make_system(assessor.organisation, timezone.now() - DAY, name="Fraud", slug="fraud")


def test_creating_with_everything(client: Client, assessor: Membership) -> None:
    team = make_team(assessor.organisation)
    fields = FIELDS | {
        "description": "Ranks.",
        "team": team.pk,
        "owner": assessor.pk,
        "tags": "search, real-time,search,",
        "repository_url": "https://git.example.com/ranker",
        "target_score": "2.5",
    }
    assert client.post("/o/acme/systems/new/", fields)["Location"] == "/o/acme/systems/ranker/assessments/"
    system = System.objects.get(slug="ranker")
    assert (system.name, system.team, system.owner, system.tags) == (
        "Ranker",
        team,
        assessor.person,
        ["search", "real-time"],
    )
    assert (system.target_score, system.lifecycle) == (Decimal("2.5"), "production")
    client.post("/o/acme/systems/new/", FIELDS)
    assert System.objects.filter(slug="ranker-2").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("slug", "no slug"),
        ("slug", "new"),
        ("slug", "fraud"),
        ("rubric", "nothing"),
        ("lifecycle", "retired"),
        ("repository_url", "ftp://a.example"),
        ("repository_url", "javascript:alert(1)"),
        ("target_score", "7.5"),
        ("target_score", "-1"),
        ("target_score", "NaN"),
        ("tags", ",".join(str(number) for number in range(21))),
        ("tags", "x" * 41),
        ("team", "999999"),
        ("owner", "999999"),
        ("description", "x" * 4001),
        ("name", "nul\x00"),
    ],
)
def test_wrong_values_are_shown_at_their_field(client: Client, system: System, field: str, value: str) -> None:
    response = client.post("/o/acme/systems/new/", FIELDS | {field: value})
    assert response.status_code == 400
    assert response.context["form"].errors.keys() == {field}
    assert System.objects.count() == 1


def test_somebody_elses_team_and_people_are_unknown(
    client: Client, assessor: Membership, stranger: Membership, system: System
) -> None:
    team = make_team(stranger.organisation)
    response = client.post("/o/acme/systems/fraud/edit/", FIELDS | {"team": team.pk, "owner": stranger.pk})
    assert response.context["form"].errors.keys() == {"team", "owner"}


def test_editing_shows_and_changes(client: Client, system: System) -> None:
    fields = FIELDS | {"name": "Fraud 2", "tags": "a, b", "target_score": "3"}
    assert client.post("/o/acme/systems/fraud/edit/", fields).status_code == 302
    page = client.get("/o/acme/systems/fraud/edit/").content.decode()
    assert 'value="Fraud 2"' in page
    assert 'value="a, b"' in page
    assert 'value="3"' in page


def test_retiring_asks_and_can_be_taken_back(client: Client, system: System) -> None:
    assert "Retire Fraud?" in client.get("/o/acme/systems/fraud/retire/").content.decode()
    client.post("/o/acme/systems/fraud/retire/")
    system.refresh_from_db()
    assert system.lifecycle == "retired"
    assert system.retired_at is not None
    client.post("/o/acme/systems/fraud/edit/", FIELDS | {"lifecycle": "retired"})
    assert System.objects.get().lifecycle == "retired"
    client.post("/o/acme/systems/fraud/edit/", FIELDS)
    assert (System.objects.get().lifecycle, System.objects.get().retired_at) == ("production", None)


def test_rules_replace_the_windows_whole(client: Client, system: System) -> None:
    place = "/o/acme/systems/fraud/rules/"
    client.post(place, {"window-data-1": "7", "window-data-2": "90", "counted_branch": "main"})
    client.post(place, {"window-data-1": "8", "counted_branch": ""})
    system.refresh_from_db()
    assert (system.windows, system.counted_branch) == ({"data-1": 8}, None)
    for days in ("0", "731", "x", "1.5"):
        assert client.post(place, {"window-data-1": days}).status_code == 400
    assert System.objects.get().windows == {"data-1": 8}


def test_windows_of_earlier_editions_stay(client: Client, assessor: Membership, system: System) -> None:
    client.post("/o/acme/systems/fraud/rules/", {"window-data-1": "7"})
    client.post("/o/acme/systems/fraud/edition/", {"rubric": "key-principles"})
    client.post("/o/acme/systems/fraud/rules/", {"window-testing-1": "9"})
    assert System.objects.get().windows == {"data-1": 7, "testing-1": 9}


def test_a_change_in_preparation_is_shown(client: Client, assessor: Membership, system: System) -> None:
    change = RuleChange.objects.create(
        organisation=assessor.organisation,
        system=system,
        changes={"windows": {"data-1": 5}},
        requested_at=timezone.now(),
    )
    change.systems().update(pending_generation=change.pk)
    response = client.get("/o/acme/systems/fraud/rules/")
    assert "In preparation" in response.content.decode()
    assert response.context["form"].initial["window-data-1"] == 5


def test_another_change_in_preparation_refuses(client: Client, assessor: Membership, system: System) -> None:
    RuleChange.objects.create(
        organisation=assessor.organisation, changes={"window_days": 5}, requested_at=timezone.now()
    )
    response = client.post("/o/acme/systems/fraud/rules/", {"window-data-1": "7"})
    assert response.status_code == 400
    assert "Another change of rules is being prepared" in response.content.decode()


def test_moving_to_another_rubric_asks(client: Client, assessor: Membership, system: System) -> None:
    start_assessment(actor=Actor.of(assessor), system=system, at=timezone.now())
    place = "/o/acme/systems/fraud/edition/"
    assert "1 open draft can no longer be finalised" in client.get(place).content.decode()
    for rubric in ("", "nothing", "ml-test-score-2017"):
        assert client.post(place, {"rubric": rubric}).status_code == 400
    assert client.post(place, {"rubric": "ml-test-score-2016"}).status_code == 302
    assert System.objects.get().rubric == "ml-test-score-2016"


def test_a_target_beyond_reach_keeps_the_rubric(client: Client, assessor: Membership) -> None:
    make_system(
        assessor.organisation, timezone.now() - DAY, slug="share", rubric="key-principles", target_score=Decimal(80)
    )
    response = client.post("/o/acme/systems/share/edition/", {"rubric": "ml-test-score-2017"})
    assert response.status_code == 400
    assert System.objects.get().rubric == "key-principles"


def test_the_rubric_is_readable_and_every_test_has_an_anchor(client: Client) -> None:
    page = client.get("/o/acme/rubric/ml-test-score-2017/").content.decode()
    assert page.count('class="rubric-test"') == 28
    assert 'id="data-1"' in page
    assert client.get("/o/acme/rubric/nothing/").status_code == 404
    csv = client.get("/o/acme/rubric/key-principles/csv/").content.decode("utf-8-sig")
    assert csv.startswith("key,category,title,asks,level,not applicable,justification,evidence\r\n")
