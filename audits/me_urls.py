"""The log as an employee sees it."""

from __future__ import annotations

from django.urls import path

from audits import me_views

app_name = "audits_me"
urlpatterns = [path("log/", me_views.Checkpoints.as_view(), name="checkpoints")]
