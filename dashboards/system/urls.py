"""The addresses of one system's pages, below `/o/ORGANISATION/systems/SYSTEM/`."""

from __future__ import annotations

from django.urls import path

from api import converters  # noqa: F401  # registers `anytext`
from dashboards.initiatives import views as initiative_views
from dashboards.planning import views as planning_views
from dashboards.system import explain_views, facts_views, timeline_views, version_views, views

urlpatterns = [
    path("", views.system, name="system"),
    path("connect/", views.connect, name="system-connect"),
    path("plan/", planning_views.system_plan, name="system-plan"),
    path("plan/initiative/", initiative_views.initiative_new, name="initiative-new"),
    path("explain/", explain_views.explain, name="system-explain"),
    path("timeline/", timeline_views.timeline, name="system-timeline"),
    path("timeline/record/", timeline_views.record, name="system-event-record"),
    path("timeline/<int:number>/void/", timeline_views.void, name="system-event-void"),
    path("tests/<slug:test>/", facts_views.test, name="system-test"),
    path("model-versions/", version_views.model_versions, name="system-model-versions"),
    path("model-versions/<anytext:version>/", version_views.model_version, name="system-model-version"),
    path("results/", facts_views.results, name="system-results"),
    path("results/<int:number>/", facts_views.result, name="system-result"),
    path("results/<int:number>/void/", facts_views.void, name="system-result-void"),
]
