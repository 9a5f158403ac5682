"""The addresses of exports, below `/o/ORGANISATION/export/`."""

from __future__ import annotations

from django.urls import path

from dashboards.exporting import views

urlpatterns = [
    path("", views.exports, name="exports"),
    path("<slug:name>/", views.export, name="export"),
]
