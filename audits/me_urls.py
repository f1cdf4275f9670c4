"""The log as an employee sees it."""

from __future__ import annotations

from django.urls import path

from audits import me_views

app_name = "audits_me"
urlpatterns = [
    path("log/", me_views.Checkpoints.as_view(), name="checkpoints"),
    path("log/checkpoints/<int:size>/", me_views.Kept.as_view(), name="kept"),
    path("log/verifier/", me_views.Verifier.as_view(), name="verifier"),
]
