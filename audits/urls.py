"""Staff pages of the log."""

from __future__ import annotations

from django.urls import path

from audits import views

app_name = "audits"
urlpatterns = [
    path("audit/", views.EntryList.as_view(), name="entry_list"),
    path("audit/<int:pk>/", views.EntryDetail.as_view(), name="entry_detail"),
]
