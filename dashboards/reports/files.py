"""A PDF as it is sent: to be saved, under a name that says what it is."""

from __future__ import annotations

from datetime import UTC

from django.http import HttpResponse

from scores.models import Report


def pdf_response(report: Report) -> HttpResponse:
    """The PDF of a report that is ready, with its content, organisation and system loaded."""
    slug = report.system.slug if report.system else report.organisation.slug
    response = HttpResponse(bytes(report.content or b""), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{slug}-{report.as_of.astimezone(UTC):%Y-%m-%d}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
