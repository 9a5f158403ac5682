"""The addresses of a system's badge settings, below `/o/ORGANISATION/systems/SYSTEM/badge/`."""

from __future__ import annotations

from django.urls import path

from dashboards.badge import views

urlpatterns = [
    path("", views.badge, name="system-badge"),
    path("on/", views.on, name="system-badge-on"),
    path("off/", views.off, name="system-badge-off"),
    path("chart/", views.chart, name="system-badge-chart"),
    path("renew/", views.renew, name="system-badge-renew"),
]
