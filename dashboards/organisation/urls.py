"""The addresses of the pages about all systems of an organisation, below `/o/ORGANISATION/`."""

from __future__ import annotations

from django.urls import path

from dashboards.organisation import compare_views, heat_views, views

urlpatterns = [
    path("", views.organisation, name="organisation"),
    path("heat-map/", heat_views.heat_map, name="heat-map"),
    path("gaps/", heat_views.gaps, name="gaps"),
    path("compare/", compare_views.compare, name="compare"),
]
