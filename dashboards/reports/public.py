"""A shared report: open to whoever has the link's secret, and nothing else of MLScore with it.

A link that is unknown, expired or revoked answers one and the same 404. Nobody is signed in here and no cookie is set;
what may be asked for follows from the secret in the address alone, so there is nothing to forge a request for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.errors import Conflict
from api.throttles import seconds_over
from dashboards.reports.document import digest_of
from dashboards.reports.files import pdf_response
from dashboards.reports.links import open_link, report_of
from dashboards.reports.making import document_of, request_report
from scores.models import Report, ShareLink, Stage

SharedView = Callable[[HttpRequest, ShareLink, str, datetime], HttpResponse]
PLAIN = "text/plain; charset=utf-8"
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


def shared(view: SharedView) -> Callable[..., HttpResponse]:
    """Call the view with the open link, its secret and the present; keep the answer out of caches, indexes and referrers."""

    @wraps(view)
    @sensitive_variables("secret")
    def guarded(request: HttpRequest, secret: str) -> HttpResponse:
        now = timezone.now()
        seconds = seconds_over("share-rate", request.META.get("REMOTE_ADDR", ""), settings.SHARE_RATE, now.timestamp())
        response = _too_many(seconds) if seconds else _answer(view, request, secret.replace("\0", ""), now)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return guarded


def _answer(view: SharedView, request: HttpRequest, secret: str, now: datetime) -> HttpResponse:
    link = open_link(secret, now)
    try:
        if link is not None:
            return view(request, link, secret, now)
    except Http404:
        pass
    return render(request, "reports/shared_gone.html", status=404)


def _too_many(seconds: int) -> HttpResponse:
    response = HttpResponse("Too many requests. Wait a minute, then try again.\n", PLAIN, 429)
    response["Retry-After"] = str(seconds)
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@shared
def report(request: HttpRequest, link: ShareLink, secret: str, now: datetime) -> HttpResponse:
    """The report, and nothing but it; a POST asks for it as PDF."""
    if request.method == "POST":
        return _ask(link, secret, now)
    document = document_of(link.organisation, link.system_id, link.as_of or now)
    context = {"document": document, "digest": digest_of(document), "made_at": now, "link": link, "secret": secret}
    return render(request, "reports/shared.html", context)


def _ask(link: ShareLink, secret: str, now: datetime) -> HttpResponse:
    if report_of(link, now) is None:
        try:
            request_report(
                organisation=link.organisation, system=link.system, as_of=link.as_of or now, at=now, link=link
            )
        except Conflict as refused:
            return HttpResponse(f"{refused}\n", PLAIN, 409)
    return redirect("shared-report-pdf", secret)


@require_safe
@shared
def pdf(request: HttpRequest, link: ShareLink, secret: str, now: datetime) -> HttpResponse:
    """How far the link's PDF is, and the way to it; the page brings itself up to date."""
    newest = Report.objects.filter(link=link).defer("content").first()
    return render(request, "reports/shared_pdf.html", {"report": newest, "link": link, "secret": secret})


@require_safe
@shared
def pdf_file(request: HttpRequest, link: ShareLink, secret: str, now: datetime) -> HttpResponse:
    """The newest PDF that is ready; 404 without one."""
    ready = Report.objects.filter(link=link, stage=Stage.READY).select_related("system", "organisation").first()
    if ready is None:
        raise Http404
    return pdf_response(ready)
