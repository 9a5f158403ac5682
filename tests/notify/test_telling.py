"""What people and webhooks are told of systems, and that nobody is told the same twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.actors import Actor
from accounts.models import Membership, Organisation, Team
from assessments.models import System
from assessments.operations import void_assessment
from evidence.posting import PostedResult
from evidence.recording import record_results
from notify import notices, outbox
from notify.choices import choose
from notify.kinds import DEFAULTS, Channel, Kind
from notify.models import Message, Notice, Webhook
from notify.notices import News, people_of, tell
from scores import digest, telling
from tests.cast import NOW
from tests.factories import all_tests, assess, make_system, make_team, nightly, post

SignIn = Callable[[Membership], Client]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MEMORY = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def team(organisation: Organisation) -> Team:
    return make_team(organisation)


@pytest.fixture
def teammate(viewer: Membership, team: Team) -> Membership:
    viewer.teams.add(team)
    return viewer


@pytest.fixture
def system(owner: Membership, team: Team, settings: Settings) -> System:
    """A system of the team that belongs to the owner, looked at once."""
    settings.MAIL_BACKEND = MEMORY
    made = make_system(owner.organisation, NOW - 400 * DAY, "Fraud scorer", team=team, owner=owner.person)
    assess(made, NOW - DAY, dict.fromkeys(all_tests(made), "manual"))
    sweep(NOW)
    return made


def sweep(at: datetime) -> None:
    telling.sweep(at)
    digest.sweep(at)


def deliver(at: datetime) -> int:
    return outbox.deliver_due(lambda: at)


def told(member: Membership, kind: Kind | None = None) -> list[str]:
    rows = Notice.objects.visible_to(member).order_by("id")
    return list((rows.filter(kind=kind) if kind else rows).values_list("title", flat=True))


def result(system: System, status: str, at: datetime, check: str = "data-1", test: str = "data-1") -> None:
    """One posted result."""
    posted = PostedResult(
        system=system.slug, test=test, check=check, run_id=f"{at}", status=status, observed_at=at, message=""
    )
    record_results(actor=Actor(system.organisation), results=[posted], received_at=at)


def test_a_check_that_fails_and_recovers_is_told_once_each(
    system: System, owner: Membership, teammate: Membership, assessor: Membership
) -> None:
    for hours, status in enumerate(["passed", "failed", "failed", "skipped", "error", "passed", "passed"]):
        result(system, status, NOW + hours * HOUR)
        deliver(NOW + hours * HOUR)
    expected = ["Fraud scorer: data-1 began to fail", "Fraud scorer: data-1 recovered"]
    assert told(owner) == told(teammate) == expected
    assert told(assessor) == []
    sent = Message.objects.filter(kind="mail", unique_key__contains="check.")
    assert sorted(sent.values_list("unique_key", "payload")) == sorted((each, {}) for each in keys_of_mails())


def keys_of_mails() -> list[str]:
    """The keys of the mails about checks that began to fail; that they recovered is told in the pages alone."""
    rows = Notice.objects.filter(kind=Kind.FAILING).values_list("person", "key")
    return [f"mail:{person}:{key}" for person, key in rows]


def test_a_posting_that_turns_nothing_writes_no_message(system: System) -> None:
    result(system, "passed", NOW)
    Message.objects.all().delete()
    result(system, "passed", NOW + HOUR)
    assert not Message.objects.exists()


def test_a_posting_writes_one_row_whatever_it_turns(system: System) -> None:
    Message.objects.all().delete()
    with CaptureQueriesContext(connection) as quiet:
        post(system, all_tests(system), [NOW], NOW)
    with CaptureQueriesContext(connection) as turning:
        post(system, all_tests(system), [NOW + HOUR], NOW + HOUR, status="failed")
    assert Message.objects.count() == 1
    assert len(turning) <= len(quiet) + 1 <= 11


def test_old_results_are_no_news(system: System, owner: Membership) -> None:
    post(system, ["data-1"], nightly(NOW - 90 * DAY, NOW - 40 * DAY), NOW, status="failed")
    deliver(NOW)
    assert told(owner, Kind.FAILING) == []


def test_many_checks_of_one_posting_are_one_notice(system: System, owner: Membership) -> None:
    post(system, ["data-1", "data-2", "data-3"], [NOW], NOW, status="failed")
    deliver(NOW)
    assert told(owner) == ["Fraud scorer: 3 checks began to fail"]
    assert Notice.objects.get().body == "data-1, data-2, data-3"


def test_what_the_worker_finds_too_late_is_no_news(system: System, owner: Membership) -> None:
    result(system, "failed", NOW)
    deliver(NOW + 4 * DAY)
    assert told(owner) == []


def test_a_score_that_changes_band_is_told_with_its_direction(system: System, owner: Membership) -> None:
    later = assess(system, NOW + HOUR, dict.fromkeys(all_tests(system), "automated"))
    deliver(NOW + HOUR)
    sweep(NOW + 2 * HOUR)
    [risen] = told(owner, Kind.BAND)
    assert risen.startswith("Fraud scorer rose to “")
    void_assessment(actor=Actor(system.organisation), assessment=later, reason="wrong", at=NOW + 3 * HOUR)
    deliver(NOW + 3 * HOUR)
    assert [title.split(" to ")[0] for title in told(owner, Kind.BAND)] == ["Fraud scorer rose", "Fraud scorer fell"]


def test_a_posting_that_changes_the_band_is_told_by_its_own_message(system: System, owner: Membership) -> None:
    Message.objects.all().delete()
    for at in (NOW + HOUR, NOW + 14 * HOUR):
        post(system, all_tests(system), [at], at)
    assert Message.objects.filter(kind="system").count() == 1
    deliver(NOW + 14 * HOUR)
    assert len(told(owner, Kind.BAND)) == 1


def test_evidence_is_told_before_it_lapses_and_when_it_has(
    system: System, owner: Membership, teammate: Membership
) -> None:
    choose(person=teammate.person, channels={}, lapse_days=3)
    post(system, ["data-1", "data-2"], [NOW], NOW)
    seen: list[tuple[int, ...]] = []
    for quarter in range(4 * 20, 4 * 33):
        at = NOW + quarter * 6 * HOUR
        sweep(at)
        counts = (len(told(owner, Kind.LAPSING)), len(told(teammate, Kind.LAPSING)), len(told(owner, Kind.LAPSED)))
        if not seen or seen[-1][1:] != counts:
            seen.append((quarter // 4, *counts))
    assert seen == [(20, 0, 0, 0), (22, 1, 0, 0), (26, 1, 1, 0), (30, 1, 1, 1)]
    assert told(owner, Kind.LAPSING) == ["Fraud scorer: evidence of 2 tests lapses on 1 July 2026"]
    assert told(owner, Kind.LAPSED) == ["Fraud scorer: evidence of 2 tests has lapsed"]


def test_a_nightly_check_in_a_short_window_is_never_said_to_lapse(owner: Membership, system: System) -> None:
    System.objects.filter(pk=system.pk).update(windows={"data-1": 2})
    post(system, ["data-1"], nightly(NOW, NOW + 10 * DAY), NOW + 10 * DAY)
    sweep(NOW + 9 * DAY + 20 * HOUR)
    assert told(owner, Kind.LAPSING) == []


def test_evidence_that_was_renewed_has_not_lapsed(system: System, owner: Membership) -> None:
    post(system, ["data-1"], [NOW], NOW)
    post(system, ["data-1"], [NOW + 30 * DAY + HOUR], NOW + 30 * DAY + HOUR)
    sweep(NOW + 30 * DAY + 2 * HOUR)
    assert told(owner, Kind.LAPSED) == []


def test_a_review_is_due_and_is_spoken_of_three_times(system: System, owner: Membership) -> None:
    due = NOW - DAY + timedelta(days=system.organisation.review_interval_days)
    days = []
    for day in range(-1, 120):
        before = len(told(owner, Kind.REVIEW_DUE))
        sweep(due + day * DAY + HOUR)
        days += [day] * (len(told(owner, Kind.REVIEW_DUE)) - before)
    assert days == [0, 7, 21]


def test_a_retired_system_is_silent(system: System, owner: Membership) -> None:
    System.objects.filter(pk=system.pk).update(lifecycle="retired", retired_at=NOW)
    result(system, "failed", NOW + HOUR)
    deliver(NOW + HOUR)
    sweep(NOW + 200 * DAY)
    assert told(owner) == []


def test_the_weeks_digest_tells_a_team_what_moved(
    system: System, teammate: Membership, owner: Membership, stranger: Membership
) -> None:
    monday = datetime(2026, 6, 8, 7, tzinfo=UTC)
    assess(system, NOW + DAY, dict.fromkeys(all_tests(system), "automated"))
    post(system, ["data-1"], [monday - 28 * DAY], monday - 28 * DAY, status="failed")
    sweep(monday - timedelta(seconds=1))
    assert told(teammate, Kind.DIGEST) == []
    for hours in (0, 1, 30):
        sweep(monday + hours * HOUR)
    assert told(teammate, Kind.DIGEST) == ["Payments Risk: the week to 8 June 2026 (1 improved)"]
    assert told(owner, Kind.DIGEST) == told(stranger) == []
    body = Notice.objects.get(kind=Kind.DIGEST).body
    assert "- Fraud scorer: 3.5 → 7, now “" in body
    assert "Lapses in the next 7 days\n- Fraud scorer: data-1; first on 10 June 2026" in body
    assert "Failing\n- Fraud scorer: 1 check" in body
    assert "/o/acme/systems/fraud-scorer/" in body
    assert Message.objects.filter(unique_key__contains=":digest:").count() == 1


def test_a_week_without_news_has_no_digest(system: System, teammate: Membership) -> None:
    sweep(datetime(2026, 6, 15, 7, tzinfo=UTC))
    assert told(teammate, Kind.DIGEST) == []


def news(organisation: Organisation, kind: Kind = Kind.ASSIGNED, key: str = "assigned:1") -> News:
    return News(organisation, kind, key, "Ada assigned you data-1", "/o/acme/systems/fraud-scorer/", NOW, "By Friday.")


@pytest.mark.parametrize(
    ("channel", "notices_told", "mails"), [(Channel.OFF, 0, 0), (Channel.APP, 1, 0), (Channel.MAIL, 1, 1)]
)
def test_each_hears_by_the_way_they_chose(
    viewer: Membership, settings: Settings, channel: Channel, notices_told: int, mails: int
) -> None:
    settings.MAIL_BACKEND = MEMORY
    choose(person=viewer.person, channels={Kind.ASSIGNED: channel}, lapse_days=7)
    for _ in range(2):
        tell(news=news(viewer.organisation), people=[viewer.person], now=NOW)
        deliver(NOW)
    assert (len(told(viewer)), len(mail.outbox)) == (notices_told, mails)
    for sent in mail.outbox:
        assert sent.subject == "MLScore: Ada assigned you data-1"
        assert "By Friday.\n\nhttp://127.0.0.1:8000/o/acme/systems/fraud-scorer/\n" in str(sent.body)
        assert "/account/notices/" in str(sent.body)


def test_who_hears_of_a_system(owner: Membership, teammate: Membership, team: Team, assessor: Membership) -> None:
    acme = owner.organisation

    def names(*, team_id: int | None, owner_id: int | None) -> list[str]:
        return sorted(person.name for person in people_of(acme, team_id=team_id, owner_id=owner_id))

    assert names(team_id=team.pk, owner_id=owner.person_id) == ["Olga", "Vera"]
    assert names(team_id=None, owner_id=owner.person_id) == ["Olga"]
    assert names(team_id=None, owner_id=None) == []
    owner.teams.add(team)
    assert names(team_id=team.pk, owner_id=owner.person_id) == ["Olga", "Vera"]
    teammate.person.is_active = False
    teammate.person.save()
    assert names(team_id=team.pk, owner_id=None) == ["Olga"]
    former = assessor.person_id
    assessor.delete()
    assert names(team_id=None, owner_id=former) == []


def test_a_webhook_is_told_of_time_too_and_once(system: System) -> None:
    Webhook.objects.create(
        organisation=system.organisation,
        name="Chat",
        url="https://x.example",
        kinds=[Kind.LAPSING.value, Kind.LAPSED.value],
        nonce="x",
        created_at=NOW,
    )
    post(system, ["data-1"], [NOW], NOW)
    for day in range(20, 33):
        sweep(NOW + day * DAY)
    sent = list(Message.objects.filter(kind="webhook").order_by("id").values_list("payload", flat=True))
    assert [each["type"] for each in sent] == ["evidence.lapsing", "evidence.lapsed"]
    assert sent[0]["data"]["tests"] == ["data-1"]
    assert sent[0]["data"]["lapses_at"] == "2026-07-01T12:00:00Z"


def test_the_pages_of_notices(viewer: Membership, admin: Membership, stranger: Membership, sign_in: SignIn) -> None:
    acme = viewer.organisation
    for number in range(3):
        tell(news=news(acme, key=f"assigned:{number}"), people=[viewer.person], now=NOW)
    tell(news=news(acme), people=[admin.person], now=NOW)
    client = sign_in(viewer)
    page = client.get("/o/acme/notices/").content.decode()
    assert page.count("Ada assigned you data-1</a>") == 3
    assert "Notices, 3 unread" in page
    ours = Notice.objects.visible_to(viewer).order_by("id")
    theirs = Notice.objects.visible_to(admin).get()
    client.post("/o/acme/notices/read/", {"notice": theirs.pk})
    client.post("/o/acme/notices/read/", {"notice": ours[0].pk})
    assert [each.read_at is None for each in ours] == [False, True, True]
    client.post("/o/acme/notices/read/")
    theirs.refresh_from_db()
    assert not ours.unread().exists() and theirs.read_at is None
    assert "unread" not in client.get("/o/acme/").content.decode()
    for wrong in ("x", "٣", "9" * 30):
        assert client.post("/o/acme/notices/read/", {"notice": wrong}).status_code == 404
        assert client.get("/o/acme/notices/", {"before": wrong}).status_code == 404
    assert "No older" in client.get("/o/acme/notices/?before=1").content.decode()


def test_choosing_what_one_is_told(viewer: Membership, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    form = {kind.name.lower(): DEFAULTS[kind].value for kind in Kind} | {"lapse_days": "14", "band": "off"}
    assert client.post("/account/notices/", form).status_code == 302
    viewer.person.refresh_from_db()
    chosen = viewer.person.choices
    assert (chosen.channels, chosen.lapse_days) == ({"band.changed": "off"}, 14)
    for fault in ({"lapse_days": "61"}, {"lapse_days": "0"}, {"band": "pigeon"}):
        assert client.post("/account/notices/", form | fault).status_code == 400


def test_old_notices_go(viewer: Membership) -> None:
    tell(news=news(viewer.organisation), people=[viewer.person], now=NOW)
    assert notices.purge(NOW + notices.KEPT) == 0
    assert notices.purge(NOW + notices.KEPT + HOUR) == 1
