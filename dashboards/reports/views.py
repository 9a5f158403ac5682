"""Reports for members: the printable page, and the PDF that is made of it in the background."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, member_page
from accounts.errors import Conflict
from accounts.models import Role
from assessments.models import System
from dashboards.moments import moment_of
from dashboards.reports.document import Document, digest_of
from dashboards.reports.files import pdf_response
from dashboards.reports.making import KEPT, request_report
from dashboards.reports.organisation_document import organisation_document
from dashboards.reports.organisation_reading import read_organisation
from dashboards.reports.reading import read_system
from dashboards.reports.system_document import system_document
from dashboards.system.reading import system_of
from scores.models import Report, Stage


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.VIEWER)
def organisation_report(request: MemberRequest, organisation: str) -> HttpResponse:
    """The organisation as of `?at=`, a day or an instant; a POST of `at` asks for it as PDF."""
    if request.method == "POST":
        return _ask(request, None)
    at = moment_of(request.GET.get("at", ""), timezone.now())
    return _show(request, organisation_document(read_organisation(request.membership.organisation, at)), None)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.VIEWER)
def system_report(request: MemberRequest, organisation: str, system: str) -> HttpResponse:
    """A system as of `?at=`, a day or an instant; a POST of `at` asks for it as PDF."""
    found = system_of(request.membership, system)
    if request.method == "POST":
        return _ask(request, found)
    at = moment_of(request.GET.get("at", ""), timezone.now())
    return _show(request, system_document(read_system(found, at)), found)


def _show(request: MemberRequest, document: Document, system: System | None) -> HttpResponse:
    context = {
        "document": document,
        "digest": digest_of(document),
        "made_at": timezone.now(),
        "system": system,
        "past": bool(request.GET.get("at")),
        "may_share": request.membership.may(Role.ADMIN),
        "address": _address(request, system),
    }
    return render(request, "reports/report.html", context)


def _address(request: MemberRequest, system: System | None) -> str:
    slug = request.membership.organisation.slug
    return (
        reverse("organisation-report", args=[slug])
        if system is None
        else reverse("system-report", args=[slug, system.slug])
    )


def _ask(request: MemberRequest, system: System | None) -> HttpResponse:
    now = timezone.now()
    try:
        report = request_report(
            organisation=request.membership.organisation,
            system=system,
            as_of=moment_of(request.POST.get("at", ""), now),
            at=now,
            person=request.user,
        )
    except Conflict as refused:
        messages.error(request, str(refused))
        return redirect(_address(request, system))
    return redirect("report-pdf", request.membership.organisation.slug, report.pk)


def _reports(request: MemberRequest) -> QuerySet[Report]:
    """The PDFs that the member may see: those that members asked for."""
    return Report.objects.visible_to(request.membership).filter(link=None).select_related("system", "organisation")


@require_safe
@member_page(Role.VIEWER)
def pdf(request: MemberRequest, organisation: str, number: int) -> HttpResponse:
    """How far a PDF is, and the way to it; the page brings itself up to date."""
    found = get_object_or_404(_reports(request).defer("content"), pk=number)
    context = {"report": found, "kept_until": found.requested_at + KEPT, "address": _address(request, found.system)}
    return render(request, "reports/pdf.html", context)


@require_safe
@member_page(Role.VIEWER)
def pdf_file(request: MemberRequest, organisation: str, number: int) -> HttpResponse:
    """The PDF itself; 404 until it is ready."""
    found = _reports(request).filter(pk=number, stage=Stage.READY).first()
    if found is None:
        raise Http404
    return pdf_response(found)
