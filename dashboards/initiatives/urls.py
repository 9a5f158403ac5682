"""The addresses of initiatives, below `/o/ORGANISATION/initiatives/`."""

from __future__ import annotations

from django.urls import path

from dashboards.initiatives import views

urlpatterns = [
    path("", views.initiatives, name="initiatives"),
    path("<int:number>/", views.initiative, name="initiative"),
    path("<int:number>/edit/", views.initiative_edit, name="initiative-edit"),
    path("<int:number>/delete/", views.initiative_delete, name="initiative-delete"),
    path("<int:number>/csv/", views.initiative_csv, name="initiative-csv"),
]
