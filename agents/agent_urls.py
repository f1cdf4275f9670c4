"""Addresses for agents, below ``/agent/v1/``."""

from __future__ import annotations

from django.urls import path

from agents import agent_api

app_name = "agents_agent"

urlpatterns = [
    path("enroll", agent_api.enroll, name="enroll"),
    path("lease", agent_api.lease, name="lease"),
    path("acks", agent_api.acks, name="acks"),
    path("heartbeat", agent_api.heartbeat, name="heartbeat"),
    path("commands/<uuid:command>/done", agent_api.command_done, name="command_done"),
]
