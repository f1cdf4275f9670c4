"""What an employee sees of the own sessions."""

from __future__ import annotations

from django.urls import path

from capture_sessions import me_views

app_name = "capture_sessions_me"
urlpatterns = [
    path("sessions/", me_views.MySessionList.as_view(), name="session_list"),
    path("sessions/<uuid:pk>/", me_views.session_detail, name="session_detail"),
]
