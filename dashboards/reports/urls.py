"""The addresses of reports and of the links that share them, below `/o/ORGANISATION/`."""

from __future__ import annotations

from django.urls import path

from dashboards.reports import link_views, views

urlpatterns = [
    path("report/", views.organisation_report, name="organisation-report"),
    path("systems/<slug:system>/report/", views.system_report, name="system-report"),
    path("reports/<int:number>/", views.pdf, name="report-pdf"),
    path("reports/<int:number>/file/", views.pdf_file, name="report-file"),
    path("share-links/", link_views.links, name="share-links"),
    path("share-links/new/", link_views.link_new, name="share-link-new"),
    path("share-links/<int:link>/revoke/", link_views.link_revoke, name="share-link-revoke"),
]
