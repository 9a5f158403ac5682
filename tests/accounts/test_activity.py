"""The activity log: what is in it, finding something, and going back page by page."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from accounts import activity
from accounts.activity_reading import PAGE, Cursor, read
from accounts.actors import Actor
from accounts.models import Activity, Membership
from accounts.teams import create_team
from tests.cast import NOW
from tests.factories import make_system

SignIn = Callable[[Membership], Client]
MINUTE = timedelta(minutes=1)


def write(member: Membership, count: int, same_time: bool = False) -> None:
    for index in range(count):
        at = NOW if same_time else NOW + index * MINUTE
        activity.record(actor=Actor.of(member), at=at, action="team.tried", summary=f"line {index:03}")


@pytest.mark.parametrize("same_time", [False, True])
def test_pages_hold_every_line_once_newest_first(owner: Membership, same_time: bool) -> None:
    write(owner, 2 * PAGE + 1, same_time)
    seen: list[int] = []
    cursor = None
    for size in (PAGE, PAGE, 1):
        lines, cursor = read(owner, kind="team", after=cursor)
        assert len(lines) == size
        seen += [line.pk for line in lines]
        cursor = Cursor.parse(str(cursor)) if cursor else None
    assert cursor is None
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "_",
        "2026-01-01T00:00:00+00:00_",
        "2026-01-01T00:00:00_5",
        "x_5",
        "2026-01-01T00:00:00+00:00_-1",
        "2026-01-01T00:00:00+00:00_" + "9" * 30,
    ],
)
def test_a_wrong_cursor_is_the_first_page(owner: Membership, sign_in: SignIn, text: str) -> None:
    assert Cursor.parse(text) is None
    assert sign_in(owner).get("/o/acme/activity/", {"cursor": text}).status_code == 200


def test_filters(owner: Membership, admin: Membership, sign_in: SignIn) -> None:
    system = make_system(owner.organisation, NOW, name="Fraud")
    create_team(actor=Actor.of(admin), name="Risk", at=NOW)
    client = sign_in(owner)

    def shown(**query: str | int) -> str:
        return client.get("/o/acme/activity/", query).content.decode().split("</form>")[1]

    assert "Created the team Risk" in shown(kind="team")
    assert "Created the system" not in shown(kind="team")
    assert "Created the system" not in shown(person=admin.person.pk)
    assert "Created the system" in shown(system=system.pk)
    assert "Created the team" not in shown(system=system.pk)
    assert "Nothing matches" in shown(kind="token")
    everything = shown(kind="nonsense", person="x", system="999")
    assert "Created the system" in everything
    assert "Created the team" in everything


def test_the_page_leads_to_older_lines_and_keeps_its_filters(owner: Membership, sign_in: SignIn) -> None:
    write(owner, PAGE + 1)
    client = sign_in(owner)
    response = client.get("/o/acme/activity/", {"kind": "team"})
    page = response.content.decode()
    assert "line 000" not in page
    older = page.split('<a href="?')[1].split('"')[0].replace("&amp;", "&")
    assert "kind=team" in older
    assert "line 000" in client.get(f"/o/acme/activity/?{older}").content.decode()


def test_another_organisations_lines_are_not_shown(owner: Membership, stranger: Membership, sign_in: SignIn) -> None:
    write(stranger, 1)
    assert "line 000" not in sign_in(owner).get("/o/acme/activity/").content.decode()
    assert "line 000" in sign_in(stranger).get("/o/globex/activity/").content.decode()


def test_what_people_wrote_is_escaped(owner: Membership, sign_in: SignIn) -> None:
    create_team(actor=Actor.of(owner), name="<script>alert(1)</script>", at=NOW)
    page = sign_in(owner).get("/o/acme/activity/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_lines_are_never_changed_or_removed(owner: Membership) -> None:
    line = Activity.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        Activity.objects.filter(pk=line.pk).update(summary="nothing happened")
    with pytest.raises(DatabaseError), transaction.atomic():
        line.delete()
    assert Activity.objects.get().summary == line.summary
