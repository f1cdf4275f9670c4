"""Staff pages of sessions."""

from __future__ import annotations

from django.urls import path

from capture_sessions import views

app_name = "capture_sessions"
urlpatterns = [path("sessions/", views.SessionList.as_view(), name="session_list")]
