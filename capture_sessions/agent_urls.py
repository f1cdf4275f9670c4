"""Agent endpoints of sessions, under /agent/v1/."""

from __future__ import annotations

from django.urls import path

from capture_sessions import agent_api

app_name = "capture_sessions_agent"
urlpatterns = [
    path("sessions/<uuid:pk>/manifest", agent_api.put_manifest, name="manifest"),
    path("sessions/<uuid:pk>/parts/<int:index>", agent_api.put_part, name="part"),
    path("sessions/<uuid:pk>/complete", agent_api.complete, name="complete"),
]
