"""The addresses of assessing, below `/o/ORGANISATION/systems/SYSTEM/assessments/`."""

from __future__ import annotations

from django.urls import path

from dashboards.assessing import (
    approving,
    attaching,
    closing,
    copying,
    discussing,
    draft_views,
    live,
    marks,
    upload,
    views,
)

urlpatterns = [
    path("", views.assessments, name="assessments"),
    path("start/", draft_views.start, name="assessment-start"),
    path("upload/", upload.upload, name="assessment-upload"),
    path("tests/<slug:test>/", discussing.discussion, name="discussion"),
    path("tests/<slug:test>/assign/", discussing.assignment, name="assignment"),
    path("<int:number>/", draft_views.assessment, name="assessment"),
    path("<int:number>/answers/<slug:test>/", draft_views.answer, name="assessment-answer"),
    path("<int:number>/attachments/<slug:test>/", attaching.attachments, name="attachments"),
    path("<int:number>/files/<int:attachment>/", attaching.attachment, name="attachment"),
    path("<int:number>/files/<int:attachment>/<str:signature>/", attaching.attachment_file, name="attachment-file"),
    path("<int:number>/live/", live.live, name="assessment-live"),
    path("<int:number>/marks/", marks.marks, name="assessment-marks"),
    path("<int:number>/copy/", copying.copy, name="assessment-copy"),
    path("<int:number>/csv/", views.as_csv, name="assessment-csv"),
    path("<int:number>/review/", closing.review, name="assessment-review"),
    path("<int:number>/finalise/", closing.finalise_draft, name="assessment-finalise"),
    path("<int:number>/submit/", approving.submit, name="assessment-submit"),
    path("<int:number>/withdraw/", approving.withdraw, name="assessment-withdraw"),
    path("<int:number>/send-back/", approving.return_draft, name="assessment-send-back"),
    path("<int:number>/discard/", closing.discard, name="assessment-discard"),
    path("<int:number>/void/", closing.void, name="assessment-void"),
]
