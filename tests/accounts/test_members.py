"""Members, their roles, and the rules that keep an organisation in its owners' hands."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts import members
from accounts.actors import Actor
from accounts.errors import Conflict, Forbidden
from accounts.models import Activity, Membership, Role
from tests.cast import NOW, make_member

SignIn = Callable[[Membership], Client]


def role_of(member: Membership) -> str:
    return Membership.objects.get(pk=member.pk).role


def test_an_admin_changes_a_role_and_the_log_says_so(admin: Membership, viewer: Membership) -> None:
    members.change_role(actor=Actor.of(admin), member_id=viewer.pk, role=Role.ASSESSOR, at=NOW)
    assert role_of(viewer) == "assessor"
    line = Activity.objects.get(action="member.role")
    assert (line.person, line.at) == (admin.person, NOW)
    assert line.details == {"person": "vera@example.org", "changes": {"role": ["viewer", "assessor"]}}


def test_the_same_role_again_is_no_change(admin: Membership, viewer: Membership) -> None:
    members.change_role(actor=Actor.of(admin), member_id=viewer.pk, role=Role.VIEWER, at=NOW)
    assert not Activity.objects.filter(action="member.role").exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ASSESSOR])
def test_those_below_admin_change_nobody(owner: Membership, viewer: Membership, role: Role) -> None:
    low = make_member(owner.organisation, "lou", role)
    with pytest.raises(Forbidden):
        members.change_role(actor=Actor.of(low), member_id=viewer.pk, role=Role.ADMIN, at=NOW)
    with pytest.raises(Forbidden):
        members.remove_member(actor=Actor.of(low), member_id=viewer.pk, at=NOW)


def test_an_admin_makes_no_owner_and_touches_none(owner: Membership, admin: Membership, viewer: Membership) -> None:
    second = make_member(owner.organisation, "oda", Role.OWNER)
    for member, role in ((viewer, Role.OWNER), (admin, Role.OWNER), (second, Role.VIEWER)):
        with pytest.raises(Forbidden, match="Only owners"):
            members.change_role(actor=Actor.of(admin), member_id=member.pk, role=role, at=NOW)
    with pytest.raises(Forbidden, match="Only owners"):
        members.remove_member(actor=Actor.of(admin), member_id=second.pk, at=NOW)
    assert role_of(second) == "owner"


def test_the_last_owner_stays(owner: Membership, admin: Membership) -> None:
    with pytest.raises(Conflict, match="needs an owner"):
        members.change_role(actor=Actor.of(owner), member_id=owner.pk, role=Role.ADMIN, at=NOW)
    with pytest.raises(Conflict, match="needs an owner"):
        members.remove_member(actor=Actor.of(owner), member_id=owner.pk, at=NOW)
    with pytest.raises(Conflict, match="needs an owner"):
        members.leave(membership=owner, at=NOW)
    second = make_member(owner.organisation, "oda", Role.OWNER)
    members.change_role(actor=Actor.of(second), member_id=owner.pk, role=Role.ADMIN, at=NOW)
    assert role_of(owner) == "admin"


def test_leaving_ends_the_membership(viewer: Membership) -> None:
    members.leave(membership=viewer, at=NOW)
    assert not Membership.objects.filter(pk=viewer.pk).exists()
    assert Activity.objects.get(action="member.left").person == viewer.person


def test_members_of_another_organisation_do_not_exist(owner: Membership, stranger: Membership) -> None:
    with pytest.raises(Membership.DoesNotExist):
        members.change_role(actor=Actor.of(owner), member_id=stranger.pk, role=Role.VIEWER, at=NOW)
    with pytest.raises(Membership.DoesNotExist):
        members.remove_member(actor=Actor.of(owner), member_id=stranger.pk, at=NOW)


def test_the_page_offers_changes_to_admins_only(admin: Membership, viewer: Membership, sign_in: SignIn) -> None:
    for_admin = sign_in(admin).get("/o/acme/members/").content.decode()
    for_viewer = sign_in(viewer).get("/o/acme/members/").content.decode()
    assert "Invite somebody" in for_admin
    assert f"/o/acme/members/{viewer.pk}/remove/" in for_admin
    assert "Invite somebody" not in for_viewer
    assert "/remove/" not in for_viewer
    assert "vera@example.org" in for_viewer


def test_an_admin_is_offered_nothing_on_owners(owner: Membership, admin: Membership, sign_in: SignIn) -> None:
    page = sign_in(admin).get("/o/acme/members/").content.decode()
    assert f"/o/acme/members/{owner.pk}/" not in page
    assert '<option value="owner"' not in page
    assert '<option value="owner"' in sign_in(owner).get("/o/acme/members/").content.decode()


def test_changing_a_role_on_the_page(admin: Membership, viewer: Membership, sign_in: SignIn) -> None:
    response = sign_in(admin).post(f"/o/acme/members/{viewer.pk}/role/", {"role": "assessor"}, follow=True)
    assert "Vera is assessor." in response.content.decode()
    assert role_of(viewer) == "assessor"


@pytest.mark.parametrize("role", ["", "emperor", "owner"])
def test_a_wrong_role_changes_nothing(admin: Membership, viewer: Membership, sign_in: SignIn, role: str) -> None:
    response = sign_in(admin).post(f"/o/acme/members/{viewer.pk}/role/", {"role": role}, follow=True)
    assert "is-fail" in response.content.decode()
    assert role_of(viewer) == "viewer"


def test_removing_asks_first(admin: Membership, viewer: Membership, sign_in: SignIn) -> None:
    client, address = sign_in(admin), f"/o/acme/members/{viewer.pk}/remove/"
    page = client.get(address).content.decode()
    assert "Remove Vera?" in page
    assert "loses sight" in page
    assert Membership.objects.filter(pk=viewer.pk).exists()
    client.post(address)
    assert not Membership.objects.filter(pk=viewer.pk).exists()
    assert sign_in(viewer).get("/o/acme/members/").status_code == 404


@pytest.mark.parametrize("key", ["0", "999999", "99999999999999999999999999"])
def test_members_that_do_not_exist(admin: Membership, sign_in: SignIn, key: str) -> None:
    client = sign_in(admin)
    assert client.get(f"/o/acme/members/{key}/remove/").status_code == 404
    assert client.post(f"/o/acme/members/{key}/role/", {"role": "viewer"}).status_code == 404


def test_leaving_asks_first(viewer: Membership, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    assert "Leave Acme?" in client.get("/o/acme/leave/").content.decode()
    assert Membership.objects.filter(pk=viewer.pk).exists()
    assert client.post("/o/acme/leave/").status_code == 302
    assert not Membership.objects.filter(pk=viewer.pk).exists()


def test_the_last_owner_is_told_why_they_cannot_leave(owner: Membership, sign_in: SignIn) -> None:
    response = sign_in(owner).post("/o/acme/leave/")
    assert response.status_code == 409
    assert "needs an owner" in response.content.decode()
