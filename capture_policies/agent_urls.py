"""Addresses under /agent/v1/: the release repository."""

from __future__ import annotations

from django.urls import path

from capture_policies import agent_api

app_name = "capture_policies_agent"

urlpatterns = [
    path("tuf/<str:name>", agent_api.metadata, name="tuf"),
    path("releases/<str:name>", agent_api.release, name="release"),
]
