"""Addresses under /me/: what is captured."""

from __future__ import annotations

from django.urls import path

from capture_policies import me_views

app_name = "capture_policies_me"

urlpatterns = [path("captured/", me_views.Captured.as_view(), name="captured")]
