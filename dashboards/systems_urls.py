"""The addresses of creating and editing systems, and of the rubrics, below `/o/ORGANISATION/`."""

from __future__ import annotations

from django.urls import path

from dashboards import rubrics, systems_forms
from dashboards.mapping import views as mapping
from dashboards.planning import efforts

urlpatterns = [
    path("settings/efforts/", efforts.organisation_efforts, name="organisation-efforts"),
    path("systems/new/", systems_forms.system_create, name="system-create"),
    path("systems/<slug:slug>/edit/", systems_forms.system_edit, name="system-edit"),
    path("systems/<slug:slug>/retire/", systems_forms.system_retire, name="system-retire"),
    path("systems/<slug:slug>/rules/", systems_forms.system_rules, name="system-rules"),
    path("systems/<slug:slug>/mapping/", mapping.system_mapping, name="system-mapping"),
    path("systems/<slug:slug>/mapping.toml", mapping.system_mapping_file, name="system-mapping-file"),
    path("settings/mapping/", mapping.organisation_mapping, name="organisation-mapping"),
    path("settings/mapping.toml", mapping.organisation_mapping_file, name="organisation-mapping-file"),
    path("systems/<slug:slug>/efforts/", efforts.system_efforts, name="system-efforts"),
    path("systems/<slug:slug>/edition/", systems_forms.system_edition, name="system-edition"),
    path("rubric/", rubrics.rubrics, name="rubrics"),
    path("rubric/<slug:key>/", rubrics.rubric, name="rubric"),
    path("rubric/<slug:key>/csv/", rubrics.blank_csv, name="rubric-csv"),
]
