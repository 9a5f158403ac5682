"""The addresses of assessing, below `/o/ORGANISATION/systems/SYSTEM/assessments/`."""

from __future__ import annotations

from django.urls import path

from dashboards.assessing import closing, draft_views, live, upload, views

urlpatterns = [
    path("", views.assessments, name="assessments"),
    path("start/", draft_views.start, name="assessment-start"),
    path("upload/", upload.upload, name="assessment-upload"),
    path("<int:number>/", draft_views.assessment, name="assessment"),
    path("<int:number>/answers/<slug:test>/", draft_views.answer, name="assessment-answer"),
    path("<int:number>/live/", live.live, name="assessment-live"),
    path("<int:number>/csv/", views.as_csv, name="assessment-csv"),
    path("<int:number>/review/", closing.review, name="assessment-review"),
    path("<int:number>/finalise/", closing.finalise_draft, name="assessment-finalise"),
    path("<int:number>/discard/", closing.discard, name="assessment-discard"),
    path("<int:number>/void/", closing.void, name="assessment-void"),
]
