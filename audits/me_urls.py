"""The log as an employee sees it."""

from __future__ import annotations

from django.urls import path

from audits import me_entry_view, me_views

app_name = "audits_me"
urlpatterns = [
    path("log/", me_views.Checkpoints.as_view(), name="checkpoints"),
    path("log/checkpoints/<int:size>/", me_views.Kept.as_view(), name="kept"),
    path("log/verifier/", me_views.Verifier.as_view(), name="verifier"),
    path("log/entries/<int:pk>/", me_entry_view.OwnEntry.as_view(), name="entry"),
    path("log/entries/<int:pk>/proof/", me_entry_view.OwnEntryProof.as_view(), name="entry_proof"),
]
