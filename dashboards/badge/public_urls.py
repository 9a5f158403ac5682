"""The addresses of badges, below `/badge/`."""

from __future__ import annotations

from django.urls import path

from dashboards.badge import public

urlpatterns = [
    path("<str:key>.svg", public.svg, name="badge-svg"),
    path("<str:key>/chart.svg", public.chart_svg, name="badge-chart"),
    path("<str:key>.json", public.as_json, name="badge-json"),
]
