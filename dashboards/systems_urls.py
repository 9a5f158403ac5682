"""The addresses of creating and editing systems, and of the rubrics, below `/o/ORGANISATION/`."""

from __future__ import annotations

from django.urls import path

from dashboards import rubrics, systems_forms
from dashboards.planning import efforts

urlpatterns = [
    path("settings/efforts/", efforts.organisation_efforts, name="organisation-efforts"),
    path("systems/new/", systems_forms.system_create, name="system-create"),
    path("systems/<slug:slug>/edit/", systems_forms.system_edit, name="system-edit"),
    path("systems/<slug:slug>/retire/", systems_forms.system_retire, name="system-retire"),
    path("systems/<slug:slug>/rules/", systems_forms.system_rules, name="system-rules"),
    path("systems/<slug:slug>/efforts/", efforts.system_efforts, name="system-efforts"),
    path("systems/<slug:slug>/edition/", systems_forms.system_edition, name="system-edition"),
    path("rubric/", rubrics.rubrics, name="rubrics"),
    path("rubric/<slug:key>/", rubrics.rubric, name="rubric"),
    path("rubric/<slug:key>/csv/", rubrics.blank_csv, name="rubric-csv"),
]
