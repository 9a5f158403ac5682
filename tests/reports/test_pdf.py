"""A report as PDF: made in the background, byte for byte the same for the same content, whatever people wrote into it."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial

import pytest
import typst
from django.utils import timezone

from accounts.models import Membership, Organisation, Person
from assessments.models import System
from dashboards.reports import making, setting
from dashboards.reports.document import Document, written
from dashboards.reports.making import KEPT, MOST_UNFINISHED, document_of, request_report
from dashboards.reports.setting import TEMPLATE, pdf_of
from notify.models import Message
from notify.outbox import deliver_due
from notify.tasks import sweep_all
from scores.models import Report, Stage
from tests.dashboards.pages import SignIn, address, read, text_of
from tests.factories import DAY, HOUR, all_tests, assess, make_system, post

pytestmark = pytest.mark.django_db
HOSTILE = (
    '#eval("1+1") *b* _i_ $x$ \\ " \' `raw` = h // c <label> @ref [x] #{panic()} {{ x }} <script>x()</script> 信用 🙂'
)
ENDLESS = "w" * 400


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def system(organisation: Organisation, now: datetime) -> System:
    return make_system(organisation, now - 90 * DAY, name="Fraud scorer")


def texts(document: Document, selector: str) -> str:
    """What the elements of a PDF hold, as typst answers it."""
    inputs = {"document": written(document), "frame": json.dumps({"made_at": "", "digest": "0" * 64})}
    return str(typst.query(TEMPLATE.read_bytes(), selector, sys_inputs=inputs))


def test_the_same_content_gives_the_same_bytes(system: System, now: datetime) -> None:
    assess(system, now - 60 * DAY, dict.fromkeys(all_tests(system), "manual"))
    post(system, ["data-1"], [now - 3 * DAY, now - 2 * DAY], now)
    document = document_of(system.organisation, system.pk, now)
    first = pdf_of(document, made_at=now)
    assert first.startswith(b"%PDF-") and pdf_of(json.loads(written(document)), made_at=now) == first
    assert pdf_of(document, made_at=now + DAY) != first
    assert pdf_of(document_of(system.organisation, system.pk, now - HOUR), made_at=now) != first


def test_the_target_stands_beside_the_score_in_its_unit(organisation: Organisation, now: datetime) -> None:
    shares = make_system(organisation, now - 90 * DAY, name="Shares", rubric="key-principles", target_score=75)
    assess(shares, now - DAY, dict.fromkeys(all_tests(shares), "manual"))
    document = document_of(organisation, shares.pk, now)
    assert document["score"]["target"] == {"value": 75.0, "shown": "75 %", "passed": False}
    assert {"label": "Policy", "value": "a score of 75 % or more, which does not hold"} in document["basis"]
    assert pdf_of(document, made_at=now).startswith(b"%PDF-")


def test_what_people_wrote_is_set_as_text(organisation: Organisation, now: datetime) -> None:
    name = HOSTILE[:120]
    system = make_system(organisation, now - 90 * DAY, name=name, description=HOSTILE + ENDLESS, tags=["#x", "*"])
    assess(system, now - DAY, dict.fromkeys(all_tests(system), "manual"), why=f"{HOSTILE}\n\n{ENDLESS}")
    document = document_of(organisation, system.pk, now)
    assert pdf_of(document, made_at=now).startswith(b"%PDF-")
    (heading,) = json.loads(texts(document, "heading.where(level: 1)"))
    assert "".join(json.dumps(heading["body"], ensure_ascii=False).split()) == "".join(
        json.dumps({"func": "text", "text": name}, ensure_ascii=False).split()
    )
    assert pdf_of(document_of(organisation, None, now), made_at=now).startswith(b"%PDF-")


def test_letters_that_no_font_has_keep_no_report_from_being_made(
    organisation: Organisation, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = partial(typst.compile, ignore_system_fonts=True)
    monkeypatch.setattr("dashboards.reports.setting.typst.compile", bare)
    for slug, name in {"credit": "信用スコアリング", "fraud": "كشف الاحتيال", "old": "𒀀𒁀 ระบบ 🙂"}.items():
        system = make_system(organisation, now - 90 * DAY, name=name, slug=slug, owner=None, tags=[name])
        assess(system, now - DAY, dict.fromkeys(all_tests(system), "manual"), why=name)
        document = document_of(organisation, system.pk, now)
        assert name in json.dumps(document, ensure_ascii=False)
        assert pdf_of(document, made_at=now).startswith(b"%PDF-")
    assert pdf_of(document_of(organisation, None, now), made_at=now).startswith(b"%PDF-")


def test_every_kind_of_report_can_be_set(organisation: Organisation, now: datetime) -> None:
    empty = document_of(organisation, None, now)
    shares = make_system(organisation, now - 90 * DAY, name="Shares", rubric="key-principles")
    bare = document_of(organisation, shares.pk, now)
    assess(shares, now - 20 * DAY, dict.fromkeys(all_tests(shares), "automated"))
    assess(shares, now, dict.fromkeys(all_tests(shares), "manual"))
    documents = [empty, bare, document_of(organisation, shares.pk, now), document_of(organisation, None, now)]
    documents.append(document_of(organisation, shares.pk, now - 20 * DAY))
    for document in documents:
        assert pdf_of(document, made_at=now).startswith(b"%PDF-")
    assert [document["score"] is None for document in documents] == [True, True, False, False, False]
    assert documents[2]["score"]["number"] == "50" and documents[4]["plan"] is None


def test_a_member_asks_waits_and_saves(system: System, viewer: Membership, sign_in: SignIn, now: datetime) -> None:
    assess(system, now - 2 * DAY, {"data-1": "manual"})
    client, page = sign_in(viewer), address(system, "report/")
    asked = client.post(page, {"at": (now - DAY).isoformat()})
    place = asked["Location"]
    assert client.post(page, {"at": (now - DAY).isoformat()})["Location"] == place
    waiting = read(client, place)
    assert "Waiting for a worker" in text_of(waiting) and 'hx-trigger="every 2s"' in waiting
    read(client, place + "file/", 404)
    deliver_due(timezone.now)
    ready = read(client, place)
    assert "Save the PDF" in text_of(ready) and "hx-trigger" not in ready
    saved = client.get(place + "file/")
    assert (saved["Content-Type"], saved["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert saved["Content-Disposition"] == f'attachment; filename="fraud-scorer-{now - DAY:%Y-%m-%d}.pdf"'
    report = Report.objects.get()
    assert report.made_at is not None
    assert saved.content == pdf_of(document_of(system.organisation, system.pk, report.as_of), made_at=report.made_at)
    assert report.digest in ready and report.digest in read(client, page + f"?at={report.as_of:%Y-%m-%dT%H:%M:%S.%fZ}")
    Report.objects.update(requested_at=now - KEPT - HOUR)
    sweep_all()
    assert not Report.objects.exists()


def test_a_failure_is_tried_again_and_told_at_last(
    system: System, viewer: Membership, sign_in: SignIn, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> bytes:
        raise RuntimeError("out of paper")

    monkeypatch.setattr(making, "pdf_of", broken)
    request_report(organisation=system.organisation, system=system, as_of=now, at=now, person=viewer.person)
    stages = []
    for attempt in range(3):
        deliver_due(lambda attempt=attempt: now + attempt * HOUR)  # type: ignore[misc]
        stages.append(Report.objects.get().stage)
    assert stages == [Stage.WAITING, Stage.WAITING, Stage.FAILED]
    assert Message.objects.get(kind=making.REPORT).last_error == "RuntimeError: out of paper"
    assert "It could not be made" in read(sign_in(viewer), f"/o/acme/reports/{Report.objects.get().pk}/")


def test_only_so_many_are_made_and_kept(
    system: System, viewer: Membership, sign_in: SignIn, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(person: Person | None, days: int) -> Report:
        as_of = now - days * DAY
        return request_report(organisation=system.organisation, system=None, as_of=as_of, at=now, person=person)

    asked = [ask(viewer.person, days).pk for days in range(MOST_UNFINISHED)]
    refused = sign_in(viewer).post("/o/acme/report/", {"at": "2026-01-01"}, follow=True)
    assert "Many reports are being made" in text_of(refused.content.decode())
    monkeypatch.setattr(making, "MOST_KEPT", 3)
    monkeypatch.setattr(setting, "_template", lambda: b"= x")
    deliver_due(timezone.now)
    assert sorted(Report.objects.values_list("pk", flat=True)) == asked[-3:]
