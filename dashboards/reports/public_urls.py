"""The addresses of a shared report, below `/share/SECRET/`."""

from __future__ import annotations

from django.urls import path

from dashboards.reports import public

urlpatterns = [
    path("", public.report, name="shared-report"),
    path("pdf/", public.pdf, name="shared-report-pdf"),
    path("report.pdf", public.pdf_file, name="shared-report-file"),
]
