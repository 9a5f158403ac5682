"""The address of the organisation's page, below `/o/ORGANISATION/`."""

from __future__ import annotations

from django.urls import path

from dashboards.organisation import views

urlpatterns = [path("", views.organisation, name="organisation")]
