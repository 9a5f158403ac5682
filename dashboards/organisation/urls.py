"""The addresses of the pages about all systems of an organisation, below `/o/ORGANISATION/`."""

from __future__ import annotations

from django.urls import path

from dashboards.organisation import compare_views, heat_views, moved_views, views

urlpatterns = [
    path("", views.organisation, name="organisation"),
    path("moved/", moved_views.moved, name="moved"),
    path("lapses/", moved_views.lapsing, name="lapses"),
    path("roll-ups/", moved_views.rolled_up, name="roll-ups"),
    path("heat-map/", heat_views.heat_map, name="heat-map"),
    path("gaps/", heat_views.gaps, name="gaps"),
    path("compare/", compare_views.compare, name="compare"),
]
