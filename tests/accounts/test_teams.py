"""Teams: created, renamed, and who is in them."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Activity, Membership, Team
from accounts.teams import create_team, rename_team, set_team_members
from tests.cast import NOW

SignIn = Callable[[Membership], Client]


def test_a_slug_follows_from_the_name_and_stays_free(admin: Membership) -> None:
    slugs = [
        create_team(actor=Actor.of(admin), name=name, at=NOW).slug for name in ("Fraud & Risk", "Fraud risk", "???")
    ]
    assert slugs == ["fraud-risk", "fraud-risk-2", "team"]


def test_a_long_name_has_a_slug_that_fits(admin: Membership) -> None:
    slugs = [create_team(actor=Actor.of(admin), name="x" * 120, at=NOW).slug for _ in range(2)]
    assert slugs == ["x" * 60, "x" * 58 + "-2"]


def test_a_given_slug_that_is_taken_is_a_conflict(admin: Membership, stranger: Membership) -> None:
    create_team(actor=Actor.of(admin), name="Risk", at=NOW)
    with pytest.raises(Conflict) as refused:
        create_team(actor=Actor.of(admin), name="Other", slug="risk", at=NOW)
    assert refused.value.faults[0].path == ("slug",)
    assert create_team(actor=Actor.of(stranger), name="Other", slug="risk", at=NOW).slug == "risk"


def test_renaming_keeps_the_slug(admin: Membership) -> None:
    create_team(actor=Actor.of(admin), name="Risk", at=NOW)
    team = rename_team(actor=Actor.of(admin), slug="risk", name="Fraud", at=NOW)
    assert (team.slug, team.name) == ("risk", "Fraud")
    assert Activity.objects.get(action="team.renamed").details["changes"] == {"name": ["Risk", "Fraud"]}
    rename_team(actor=Actor.of(admin), slug="risk", name="Fraud", at=NOW)
    assert Activity.objects.filter(action="team.renamed").count() == 1


def test_members_are_set_as_a_whole(admin: Membership, viewer: Membership, assessor: Membership) -> None:
    actor = Actor.of(admin)
    team = create_team(actor=actor, name="Risk", at=NOW)
    set_team_members(actor=actor, slug="risk", member_ids=[viewer.pk, admin.pk], at=NOW)
    set_team_members(actor=actor, slug="risk", member_ids=[viewer.pk, assessor.pk], at=NOW)
    assert set(team.members.all()) == {viewer, assessor}
    details = Activity.objects.filter(action="team.members").first()
    assert details is not None
    assert (details.details["added"], details.details["removed"]) == (["axel@example.org"], ["ada@example.org"])


def test_strangers_join_no_team(admin: Membership, stranger: Membership) -> None:
    team = create_team(actor=Actor.of(admin), name="Risk", at=NOW)
    with pytest.raises(Invalid):
        set_team_members(actor=Actor.of(admin), slug="risk", member_ids=[stranger.pk], at=NOW)
    assert not team.members.exists()
    with pytest.raises(Team.DoesNotExist):
        rename_team(actor=Actor.of(stranger), slug="risk", name="Mine", at=NOW)


def test_creating_and_filling_a_team_on_the_pages(admin: Membership, viewer: Membership, sign_in: SignIn) -> None:
    client = sign_in(admin)
    assert "no team yet" in client.get("/o/acme/teams/").content.decode()
    assert client.post("/o/acme/new-team/", {"name": "Risk"})["Location"] == "/o/acme/teams/risk/"
    response = client.post("/o/acme/teams/risk/", {"name": "Risk", "members": [viewer.pk]})
    assert response["Location"] == "/o/acme/teams/"
    assert list(Team.objects.get().members.all()) == [viewer]
    assert "checked" in client.get("/o/acme/teams/risk/").content.decode()


@pytest.mark.parametrize("data", [{"name": ""}, {"name": "x" * 121}, {"name": "Risk", "members": ["999"]}])
def test_a_wrong_team_is_told(admin: Membership, sign_in: SignIn, data: dict[str, str]) -> None:
    create_team(actor=Actor.of(admin), name="Risk", at=NOW)
    response = sign_in(admin).post("/o/acme/teams/risk/", data)
    assert response.status_code == 400
    assert "errorlist" in response.content.decode()
    assert not Activity.objects.exclude(action__in=["team.created", "organisation.created"]).exists()


def test_a_viewer_sees_teams_without_links(admin: Membership, viewer: Membership, sign_in: SignIn) -> None:
    create_team(actor=Actor.of(admin), name="Risk", at=NOW)
    page = sign_in(viewer).get("/o/acme/teams/").content.decode()
    assert "Risk" in page
    assert "/o/acme/teams/risk/" not in page
