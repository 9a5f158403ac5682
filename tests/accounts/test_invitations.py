"""Invitations: sent, opened, accepted, repeated, revoked, and left to expire."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from accounts import invitations
from accounts.actors import Actor
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import Activity, Invitation, Membership, Person, Role
from notify import outbox
from notify.models import Message
from tests.cast import NOW, make_person

SignIn = Callable[[Membership | Person], Client]
DAY = timedelta(days=1)
SMTP = "django.core.mail.backends.smtp.EmailBackend"
MEMORY = "django.core.mail.backends.locmem.EmailBackend"
NEW_PERSON = {"name": "Ines Duarte", "password": "wholesome turnip stew", "repeated": "wholesome turnip stew"}


def invited(member: Membership, email: str = "ines@example.org", role: Role = Role.VIEWER) -> tuple[Invitation, str]:
    return invitations.invite(actor=Actor.of(member), email=email, role=role, at=timezone.now())


def link_in(text: str) -> str:
    """The path of the invitation's link in a mail or a page."""
    found = re.search(r"http://[^/\s]+(/invitations/[\w-]+/)", text)
    assert found is not None
    return found[1]


def test_the_secret_is_stored_as_a_hash_only(admin: Membership) -> None:
    invitation, secret = invited(admin)
    assert secret not in repr(list(Invitation.objects.values()))
    assert secret not in repr(list(Activity.objects.values()))
    assert invitations.find(secret) == invitation
    assert invitations.find(secret + "x") is None


def test_only_owners_invite_owners(owner: Membership, admin: Membership) -> None:
    with pytest.raises(Forbidden):
        invited(admin, role=Role.OWNER)
    assert invited(owner, role=Role.OWNER)[0].role == "owner"


@pytest.mark.parametrize("email", ["vera@example.org", "VERA@example.org"])
def test_a_member_is_not_invited(admin: Membership, viewer: Membership, email: str) -> None:
    with pytest.raises(Invalid, match="member already"):
        invited(admin, email)


def test_an_address_is_invited_once(admin: Membership) -> None:
    invited(admin)
    with pytest.raises(Invalid, match="invited already"):
        invited(admin, "INES@example.org")


def test_an_expired_invitation_does_not_stand_in_the_way(admin: Membership) -> None:
    invitations.invite(actor=Actor.of(admin), email="ines@example.org", role=Role.VIEWER, at=NOW)
    later = NOW + 14 * DAY
    assert invitations.invite(actor=Actor.of(admin), email="ines@example.org", role=Role.VIEWER, at=later)


@pytest.mark.parametrize(("after", "joins"), [(14 * DAY - timedelta(microseconds=1), True), (14 * DAY, False)])
def test_it_holds_for_fourteen_days(admin: Membership, after: timedelta, joins: bool) -> None:
    invitation, _ = invitations.invite(actor=Actor.of(admin), email="i@example.org", role=Role.ASSESSOR, at=NOW)
    person = make_person("ines")
    if joins:
        assert invitations.accept(invitation=invitation, person=person, at=NOW + after).role == "assessor"
    else:
        with pytest.raises(Conflict):
            invitations.accept(invitation=invitation, person=person, at=NOW + after)


def test_it_is_accepted_once(admin: Membership) -> None:
    invitation, _ = invited(admin)
    invitations.accept(invitation=invitation, person=make_person("ines"), at=timezone.now())
    with pytest.raises(Conflict, match="no longer open"):
        invitations.accept(invitation=invitation, person=make_person("nick"), at=timezone.now())


def test_a_member_does_not_use_it_up(admin: Membership, viewer: Membership) -> None:
    invitation, secret = invited(admin)
    with pytest.raises(Conflict, match="member of Acme already"):
        invitations.accept(invitation=invitation, person=viewer.person, at=timezone.now())
    found = invitations.find(secret)
    assert found is not None
    assert found.open_at(timezone.now())


def test_sending_again_ends_the_former_link(admin: Membership) -> None:
    invitation, former = invited(admin)
    _, secret = invitations.resend(actor=Actor.of(admin), invitation_id=invitation.pk, at=timezone.now())
    assert invitations.find(former) is None
    assert invitations.find(secret) == invitation


def test_a_closed_invitation_is_neither_sent_again_nor_revoked(admin: Membership) -> None:
    invitation, _ = invited(admin)
    invitations.revoke(actor=Actor.of(admin), invitation_id=invitation.pk, at=NOW)
    for again in (invitations.revoke, invitations.resend):
        with pytest.raises(Conflict):
            again(actor=Actor.of(admin), invitation_id=invitation.pk, at=NOW)


def test_an_admin_leaves_invitations_of_owners_alone(owner: Membership, admin: Membership) -> None:
    invitation, _ = invited(owner, role=Role.OWNER)
    for touch in (invitations.revoke, invitations.resend):
        with pytest.raises(Forbidden):
            touch(actor=Actor.of(admin), invitation_id=invitation.pk, at=NOW)


def test_from_inviting_to_the_organisations_page(admin: Membership, sign_in: SignIn) -> None:
    response = sign_in(admin).post("/o/acme/members/invite/", {"email": "ines@example.org", "role": "assessor"})
    page = response.content.decode()
    assert response["Cache-Control"] == "no-store"
    [message] = mail.outbox
    assert message.to == ["ines@example.org"]
    path = link_in(str(message.body))
    assert link_in(page) == path

    visitor = Client()
    assert "Ada invites" in visitor.get(path).content.decode()
    joined = visitor.post(path, NEW_PERSON)
    assert joined["Location"] == "/o/acme/"
    person = Person.objects.get(email="ines@example.org")
    assert person.check_password(NEW_PERSON["password"])
    assert person.name == "Ines Duarte"
    assert person.memberships.get().role == "assessor"
    assert EmailAddress.objects.get(user=person).verified
    assert visitor.get("/o/acme/members/").status_code == 200
    assert list(Activity.objects.filter(action__in=["invitation.sent", "member.joined"]).values_list("action")) == [
        ("member.joined",),
        ("invitation.sent",),
    ]
    assert Client().get(path).status_code == 404


def test_the_mail_is_written_with_the_invitation_and_kept_while_the_server_is_away(
    admin: Membership, sign_in: SignIn
) -> None:
    with override_settings(EMAIL_BACKEND="notify.mail.Outbox", MAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=1):
        response = sign_in(admin).post("/o/acme/members/invite/", {"email": "ines@example.org", "role": "viewer"})
        outbox.deliver_due(timezone.now)
        written = Message.objects.get()
        assert (written.state, written.attempts) == ("waiting", 1)
        assert "Refused" in written.last_error
    path = link_in(response.content.decode())
    assert link_in(written.payload["body"]) == path
    with override_settings(MAIL_BACKEND=MEMORY):
        outbox.deliver_due(lambda: timezone.now() + timedelta(hours=1))
    assert link_in(str(mail.outbox[0].body)) == path
    written.refresh_from_db()
    assert (written.state, written.payload) == ("done", {}), "a mail that was sent leaves its secret nowhere"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({"email": "", "role": "viewer"}, "required"),
        ({"email": "no address", "role": "viewer"}, "valid email"),
        ({"email": "ines@example.org", "role": "emperor"}, "valid choice"),
        ({"email": "ines@example.org", "role": "owner"}, "valid choice"),
        ({"email": "ada@example.org", "role": "viewer"}, "member already"),
    ],
)
def test_a_wrong_invitation_is_told(admin: Membership, sign_in: SignIn, data: dict[str, str], fault: str) -> None:
    response = sign_in(admin).post("/o/acme/members/invite/", data)
    assert response.status_code == 400
    assert fault in response.content.decode()
    assert mail.outbox == []
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"password": "short", "repeated": "short"}, "too short"),
        ({"password": "ines@example.org", "repeated": "ines@example.org"}, "too similar"),
        ({"repeated": "something else"}, "differ"),
        ({"name": ""}, "required"),
    ],
)
def test_a_wrong_registration_is_told(admin: Membership, change: dict[str, str], fault: str) -> None:
    _, secret = invited(admin)
    response = Client().post(f"/invitations/{secret}/", NEW_PERSON | change)
    assert response.status_code == 400
    assert fault in response.content.decode()
    assert not Person.objects.filter(email="ines@example.org").exists()


def test_somebody_with_an_account_signs_in_and_joins(admin: Membership, sign_in: SignIn) -> None:
    _, secret = invited(admin)
    ines, path = make_person("ines"), f"/invitations/{secret}/"
    page = Client().get(path).content.decode()
    assert f"/accounts/login/?next={path}" in page
    assert 'type="password"' not in page
    assert Client().post(path, NEW_PERSON).status_code == 200
    assert not ines.memberships.exists()

    client = sign_in(ines)
    assert "Join" in client.get(path).content.decode()
    assert not ines.memberships.exists()
    assert client.post(path)["Location"] == "/o/acme/"
    assert ines.memberships.get().role == "viewer"


def test_another_account_is_named_before_it_joins(admin: Membership, stranger: Membership, sign_in: SignIn) -> None:
    _, secret = invited(admin)
    client, path = sign_in(stranger), f"/invitations/{secret}/"
    assert "signed in as <b>steve@example.org</b>" in client.get(path).content.decode()
    client.post(path)
    line = Activity.objects.get(action="member.joined")
    assert line.summary == "steve@example.org joined as viewer, by the invitation of ines@example.org"


def test_a_member_is_told_that_they_are_one(admin: Membership, viewer: Membership, sign_in: SignIn) -> None:
    _, secret = invited(admin)
    response = sign_in(viewer).post(f"/invitations/{secret}/")
    assert response.status_code == 409
    assert "member of Acme already" in response.content.decode()


def test_a_revoked_or_unknown_link_says_the_same(admin: Membership, sign_in: SignIn) -> None:
    invitation, secret = invited(admin)
    client, address = sign_in(admin), f"/o/acme/invitations/{invitation.pk}/revoke/"
    assert "Revoke the invitation" in client.get(address).content.decode()
    assert client.post(address).status_code == 302
    revoked, unknown = Client().get(f"/invitations/{secret}/"), Client().get("/invitations/nonsense/")
    assert revoked.status_code == unknown.status_code == 404
    assert "no longer open" in revoked.content.decode()
    assert "no longer open" in unknown.content.decode()


def test_sending_again_on_the_page(admin: Membership, sign_in: SignIn) -> None:
    invitation, former = invited(admin)
    page = sign_in(admin).post(f"/o/acme/invitations/{invitation.pk}/resend/").content.decode()
    [message] = mail.outbox
    assert link_in(page) == link_in(str(message.body)) != f"/invitations/{former}/"


def test_invitations_of_others_do_not_exist(stranger: Membership, admin: Membership, sign_in: SignIn) -> None:
    invitation, _ = invited(stranger)
    client = sign_in(admin)
    assert client.post(f"/o/acme/invitations/{invitation.pk}/resend/").status_code == 404
    assert client.post(f"/o/acme/invitations/{invitation.pk}/revoke/").status_code == 404


def test_the_members_page_lists_those_that_wait(admin: Membership, viewer: Membership, sign_in: SignIn) -> None:
    invited(admin)
    invitations.invite(actor=Actor.of(admin), email="old@example.org", role=Role.VIEWER, at=NOW - 20 * DAY)
    page = sign_in(admin).get("/o/acme/members/").content.decode()
    assert "ines@example.org" in page
    assert "expired" in page
    assert "ines@example.org" not in sign_in(viewer).get("/o/acme/members/").content.decode()


@pytest.mark.django_db
def test_nobody_signs_up_without_an_invitation() -> None:
    response = Client().get("/accounts/signup/")
    assert "by invitation" in response.content.decode()
    password = "wholesome turnip stew"
    Client().post("/accounts/signup/", {"email": "x@example.org", "password1": password, "password2": password})
    assert not Person.objects.exists()
