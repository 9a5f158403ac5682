"""Pages of reports, and links by which people without an account read one report and nothing else."""

from __future__ import annotations

import logging
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.actors import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import Activity, Membership, Organisation, hash_secret
from assessments.attachments import add_note
from assessments.models import System
from assessments.operations import finalise, start_assessment
from dashboards.reports.links import LONGEST, create_link, open_link, revoke_link
from notify.outbox import deliver_due
from scores.models import Report, ShareLink
from tests.dashboards.pages import BUDGET, SignIn, address, read, text_of
from tests.factories import DAY, assess, fraud_story, make_system

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def system(organisation: Organisation, now: datetime) -> System:
    system = make_system(organisation, now - 90 * DAY, name="Fraud scorer")
    assess(system, now - 60 * DAY, {"data-1": "manual"}, why="<b>Seen</b> by Ada.")
    return system


def shared(owner: Membership, system: System | None, now: datetime, **values: Any) -> tuple[ShareLink, str]:
    """A link, and the address at which its report is."""
    wanted = {"name": "Board", "as_of": None, "expires_at": now + 7 * DAY, **values}
    link, secret = create_link(actor=Actor.of(owner), system=system, at=now, **wanted)
    return link, f"/share/{secret}/"


def test_the_page_is_whole_without_a_script(
    organisation: Organisation, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    system = fraud_story(organisation, now)
    draft = start_assessment(actor=Actor(organisation), system=system, at=now)
    add_note(actor=Actor(organisation), assessment=draft, test="data-1", text="Minutes <of> May.", at=now)
    finalise(actor=Actor(organisation), assessment=draft, at=now)
    client = sign_in(viewer)
    past = f"{now - 5 * DAY:%Y-%m-%d}"
    html = read(client, address(system, f"report/?at={past}"))
    words = text_of(html)
    for said in (
        "2.5 of 7",
        "Score over time",
        "See the wiki.",
        "Open plan",
        "What happened",
        "Freshness window 30 days",
    ):
        assert said in words
    assert re.search(r"assessment \d+ of \d+ \w+ 2\d{3}, \d\d:\d\d UTC", words) and "runs in the windows" in words
    assert html.count("<polyline") >= 6 and " style=" not in html and "Minutes" not in words
    assert "Minutes <of> May." in text_of(read(client, address(system, "report/")))
    assert "Median of 1 system" in text_of(read(client, "/o/acme/report/"))
    read(client, address(system, "report/?at=yesterday"), 400)
    assert client.post(address(system, "report/"), {"at": "yesterday"}).status_code == 400


def test_reports_cost_at_most_twelve_statements(
    organisation: Organisation,
    viewer: Membership,
    owner: Membership,
    sign_in: SignIn,
    now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    system = fraud_story(organisation, now)
    make_system(organisation, now, name="Other")
    Organisation.objects.filter(pk=organisation.pk).update(repeat_hours=0)
    _, place = shared(owner, system, now)
    _, whole = shared(owner, None, now)
    reader, nobody = sign_in(viewer), Client()
    pages = [(reader, address(system, "report/")), (reader, "/o/acme/report/"), (nobody, place), (nobody, whole)]
    for client, page in pages:
        with django_assert_max_num_queries(BUDGET):
            read(client, page)


def test_a_link_shows_one_report_and_nothing_else(system: System, owner: Membership, now: datetime) -> None:
    link, place = shared(owner, system, now)
    secret = place.split("/")[2]
    assert link.secret_hash == hash_secret(secret) and len(secret) >= 43
    client = Client()
    response = client.get(place)
    html = response.content.decode()
    assert "Fraud scorer" in text_of(html) and "&lt;b&gt;Seen&lt;/b&gt; by Ada." in html
    assert "/o/" not in html and "nav" not in html and 'name="robots" content="noindex' in html
    assert (response["Cache-Control"], response["Referrer-Policy"]) == ("private, no-store", "no-referrer")
    assert response["X-Robots-Tag"].startswith("noindex") and not response.cookies and not client.cookies
    link.refresh_from_db()
    assert link.last_used_at is not None and link.last_used_at >= now


def test_whoever_has_the_link_makes_its_pdf(system: System, owner: Membership, sign_in: SignIn, now: datetime) -> None:
    link, place = shared(owner, system, now, as_of=now - 30 * DAY)
    client = Client(enforce_csrf_checks=True)
    assert "No PDF was asked for yet" in text_of(read(client, place + "pdf/"))
    read(client, place + "report.pdf", 404)
    for _ in range(3):
        assert client.post(place)["Location"] == place + "pdf/"
    assert "Waiting for a worker" in text_of(read(client, place + "pdf/"))
    deliver_due(timezone.now)
    assert client.post(place)["Location"] == place + "pdf/"
    report = Report.objects.get()
    assert report.as_of == link.as_of and f"{place}report.pdf" in read(client, place + "pdf/")
    saved = client.get(place + "report.pdf")
    assert saved.content.startswith(b"%PDF-") and saved["Referrer-Policy"] == "no-referrer"
    for rest in ("", "file/"):
        read(sign_in(owner), f"/o/acme/reports/{report.pk}/{rest}", 404)
    Report.objects.update(requested_at=now - timedelta(hours=1))
    client.post(place)
    assert Report.objects.count() == 2
    revoke_link(actor=Actor.of(owner), link_id=link.pk, at=now)
    assert not Report.objects.exists()


def test_what_is_not_open_answers_alike(system: System, owner: Membership, now: datetime) -> None:
    revoked, gone = shared(owner, system, now)
    _, expired = shared(owner, system, now - 8 * DAY)
    revoke_link(actor=Actor.of(owner), link_id=revoked.pk, at=now)
    with pytest.raises(Conflict):
        revoke_link(actor=Actor.of(owner), link_id=revoked.pk, at=now)

    def answers(place: str) -> list[tuple[int, bytes, dict[str, str]]]:
        found = [Client().get(place + rest) for rest in ("", "pdf/", "report.pdf")] + [Client().post(place)]
        return [(each.status_code, each.content, {**each.headers, "X-Request-ID": ""}) for each in found]

    unknown = answers("/share/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/")
    assert {status for status, *_ in unknown} == {404} and not Client().get(gone).cookies
    assert answers(gone) == unknown and answers(expired) == unknown and answers("/share/%00/") == unknown
    assert not Report.objects.exists()


def test_a_link_ends_at_the_instant_that_it_names(system: System, owner: Membership, now: datetime) -> None:
    link, place = shared(owner, system, now)
    secret, tick = place.split("/")[2], timedelta(microseconds=1)
    first = open_link(secret, link.expires_at - tick)
    assert first is not None and open_link(secret, link.expires_at) is None
    # The time of last use is written once a minute at most.
    open_link(secret, link.expires_at - 2 * tick)
    link.refresh_from_db()
    assert link.last_used_at == link.expires_at - tick


@pytest.mark.parametrize(
    "values",
    [{"name": " "}, {"name": "x" * 121}, {"expires_at": timedelta(0)}, {"expires_at": LONGEST + timedelta(seconds=1)}],
)
def test_faults_of_a_link(system: System, owner: Membership, now: datetime, values: dict[str, Any]) -> None:
    if "expires_at" in values:
        values = {"expires_at": now + values["expires_at"]}
    with pytest.raises(Invalid):
        shared(owner, system, now, **values)


def test_no_link_to_what_belongs_to_others(
    elsewhere: Organisation, owner: Membership, stranger: Membership, now: datetime
) -> None:
    with pytest.raises(Invalid):
        shared(owner, make_system(elsewhere, now), now)
    link, _ = shared(stranger, None, now)
    with pytest.raises(ShareLink.DoesNotExist):
        revoke_link(actor=Actor.of(owner), link_id=link.pk, at=now)


def test_admins_create_list_and_revoke_links(
    system: System, admin: Membership, viewer: Membership, sign_in: SignIn, now: datetime
) -> None:
    client = sign_in(admin)
    assert "No report is shared." in text_of(read(client, "/o/acme/share-links/"))
    assert "Share by a link" in read(client, address(system, "report/"))
    assert "Share by a link" not in read(sign_in(viewer), address(system, "report/"))
    form = {"name": "Board", "system": system.slug, "day": f"{now - 3 * DAY:%Y-%m-%d}", "days": "30"}
    assert client.post("/o/acme/share-links/new/", {**form, "day": "0001-01-01"}).status_code == 400
    assert client.post("/o/acme/share-links/new/", {**form, "days": "400"}).status_code == 400
    created = client.post("/o/acme/share-links/new/", form)
    assert created["Cache-Control"] == "no-store"
    found = re.search(r"/share/([\w-]+)/", created.content.decode())
    assert found is not None and read(Client(), found[0])
    link = ShareLink.objects.get()
    assert link.as_of is not None and f"{link.as_of:%Y-%m-%dT%H:%M:%S}" == f"{now - 3 * DAY:%Y-%m-%d}T23:59:59"
    listed = read(client, "/o/acme/share-links/")
    assert "Board Fraud scorer" in text_of(listed) and "Ada" in text_of(listed) and found[1] not in listed
    revoke = f"/o/acme/share-links/{link.pk}/revoke/"
    assert "finds nothing there any more" in text_of(read(client, revoke))
    client.post(revoke)
    assert "Ended" in text_of(read(client, "/o/acme/share-links/"))
    logged = Activity.objects.filter(system=system, action__startswith="share_link").order_by("pk")
    assert [line.action for line in logged] == ["share_link.created", "share_link.revoked"]
    assert "the report of Fraud scorer by the link Board" in logged[0].summary


def test_opening_links_is_throttled_and_not_logged_with_its_secret(
    system: System, owner: Membership, now: datetime, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SHARE_RATE = 2
    _, place = shared(owner, system, now)
    with caplog.at_level(logging.INFO, "mlscore.request"):
        answers = [Client().get(each) for each in (place, "/share/unknown/", place, place)]
    # A minute may end in between.
    assert 429 in [answer.status_code for answer in answers[2:]]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused["Retry-After"]) <= 60 and refused["Cache-Control"] == "private, no-store"
    assert place.split("/")[2] not in caplog.text
