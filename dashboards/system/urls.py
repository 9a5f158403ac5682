"""The addresses of one system's pages, below `/o/ORGANISATION/systems/SYSTEM/`."""

from __future__ import annotations

from django.urls import path

from dashboards.system import facts_views, views

urlpatterns = [
    path("", views.system, name="system"),
    path("connect/", views.connect, name="system-connect"),
    path("tests/<slug:test>/", facts_views.test, name="system-test"),
    path("results/", facts_views.results, name="system-results"),
    path("results/<int:number>/", facts_views.result, name="system-result"),
    path("results/<int:number>/void/", facts_views.void, name="system-result-void"),
]
