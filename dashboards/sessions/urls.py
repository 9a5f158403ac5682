"""The addresses of team sessions, below `/o/ORGANISATION/`."""

from __future__ import annotations

from django.urls import path

from dashboards.sessions import entering, leading, room, voting

urlpatterns = [
    path("systems/<slug:slug>/assessments/<int:number>/session/", entering.start, name="session-open"),
    path("sessions/", entering.enter, name="sessions"),
    path("sessions/<slug:code>/", room.room, name="session"),
    path("sessions/<slug:code>/progress/", room.progress, name="session-progress"),
    path("sessions/<slug:code>/vote/", voting.vote, name="session-vote"),
    path("sessions/<slug:code>/reveal/", leading.reveal_votes, name="session-reveal"),
    path("sessions/<slug:code>/agree/<slug:test>/", leading.agree_on, name="session-agree"),
    path("sessions/<slug:code>/end/", leading.end, name="session-end"),
]
