"""Making reports: the document at once, and the PDF in the background by the outbox's workers, kept for some days."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.errors import Conflict
from accounts.models import Organisation, Person
from assessments.models import System
from dashboards.reports.document import Document, digest_of
from dashboards.reports.organisation_document import organisation_document
from dashboards.reports.organisation_reading import read_organisation
from dashboards.reports.reading import read_system, system_by_id
from dashboards.reports.setting import pdf_of
from dashboards.reports.system_document import system_document
from notify.models import Message
from notify.outbox import delivers, enqueue, minutes
from scores.models import UNFINISHED, Report, ShareLink, Stage

REPORT = "report"
RETRIES = minutes(1, 5)
KEPT = timedelta(days=7)
MOST_UNFINISHED = 10
MOST_KEPT = 100
"""How many PDFs an organisation has at most; the oldest go."""

ALIKE = timedelta(minutes=1)
"""Requests for reports as of instants this near to each other ask for the same."""


def document_of(organisation: Organisation, system_id: int | None, at: datetime) -> Document:
    """The document of a system, or of the organisation where that is None, as of `at` (aware).

    Raises System.DoesNotExist.
    """
    if system_id is None:
        return organisation_document(read_organisation(organisation, at))
    return system_document(read_system(system_by_id(system_id), at))


@transaction.atomic
def request_report(
    *,
    organisation: Organisation,
    system: System | None,
    as_of: datetime,
    at: datetime,
    person: Person | None = None,
    link: ShareLink | None = None,
) -> Report:
    """Ask for a report as PDF, as a member or through a share link; `as_of` and `at`, the present, are aware.

    Whoever asks again while the same is being made gets that one. Raises Conflict where too many are being made.
    """
    # The lock makes requests at the same time count each other.
    locked = Organisation.objects.select_for_update().get(pk=organisation.pk)
    unfinished = Report.objects.filter(organisation=locked, stage__in=UNFINISHED)
    alike = (as_of - ALIKE, as_of + ALIKE)
    same = unfinished.filter(system=system, link=link, requested_by=person, as_of__range=alike).first()
    if same is not None:
        return same
    if unfinished.count() >= MOST_UNFINISHED:
        raise Conflict("Many reports are being made for this organisation. Try again in a minute.")
    report = Report.objects.create(
        organisation=locked, system=system, as_of=as_of, link=link, requested_by=person, requested_at=at
    )
    enqueue([Message(kind=REPORT, organisation=locked, payload={"report": report.pk}, created_at=at, due_at=at)])
    return report


@delivers(REPORT, retries=RETRIES)
def make(message: Message, now: datetime) -> None:
    """Make the PDF that was asked for; nothing happens where it is there, or its request is gone."""
    report = Report.objects.select_related("organisation").defer("content").filter(pk=message.payload["report"]).first()
    if report is None or report.stage == Stage.READY:
        return
    try:
        _reach(report, Stage.READING)
        document = document_of(report.organisation, report.system_id, report.as_of)
        _reach(report, Stage.SETTING)
        content = pdf_of(document, made_at=now)
    except Exception:
        # The outbox logs it and tries again; the last failure is shown to whoever waits.
        _reach(report, Stage.FAILED if message.attempts > len(RETRIES) else Stage.WAITING)
        raise
    _keep(report, content, digest_of(document), now)


def _reach(report: Report, stage: Stage) -> None:
    Report.objects.filter(pk=report.pk).update(stage=stage)


@transaction.atomic
def _keep(report: Report, content: bytes, digest: str, made_at: datetime) -> None:
    """Store the PDF; of its organisation's only the newest MOST_KEPT stay."""
    kept = {"stage": Stage.READY, "content": content, "size": len(content), "digest": digest, "made_at": made_at}
    Report.objects.filter(pk=report.pk).update(**kept)
    ready = Report.objects.filter(organisation=report.organisation_id, stage=Stage.READY)
    older = list(ready.values_list("pk", flat=True)[MOST_KEPT:])
    Report.objects.filter(pk__in=older).delete()


def sweep(now: datetime) -> int:
    """Delete what was asked for longer than KEPT ago as of `now` (aware); answers how many there were."""
    return Report.objects.filter(requested_at__lt=now - KEPT).delete()[0]
