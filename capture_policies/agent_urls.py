"""Addresses under /agent/v1/: the release repository, and what approvers sign for it."""

from __future__ import annotations

from django.urls import path

from capture_policies import agent_api, approver_api

app_name = "capture_policies_agent"

urlpatterns = [
    path("tuf/<str:name>", agent_api.metadata, name="tuf"),
    path("releases/<str:name>", agent_api.release, name="release"),
    path("signing-request", approver_api.open_request, name="signing_request"),
    path("signing-request/<uuid:request_id>/signature", approver_api.sign, name="signing_request_sign"),
]
