"""Staff pages of the log, and what anybody may fetch to check it."""

from __future__ import annotations

from django.urls import path

from audits import console_views, entry_view, public_views, views, witness_views

app_name = "audits"
urlpatterns = [
    path("audit/", views.EntryList.as_view(), name="entry_list"),
    path("audit/<int:pk>/", entry_view.EntryDetail.as_view(), name="entry_detail"),
    path("audit/<int:pk>/proof/", entry_view.EntryProof.as_view(), name="entry_proof"),
    path("audit/witnesses/", witness_views.WitnessList.as_view(), name="witness_list"),
    path("audit/witnesses/new/", witness_views.WitnessNew.as_view(), name="witness_new"),
    path(
        "audit/witnesses/<uuid:pk>/withdraw/",
        witness_views.WitnessWithdraw.as_view(),
        name="witness_withdraw",
    ),
    path("audit/searches/new/", console_views.SearchNew.as_view(), name="search_new"),
    path("audit/searches/<uuid:pk>/forget/", console_views.SearchForget.as_view(), name="search_forget"),
    path("audit/exports/", console_views.ExportList.as_view(), name="export_list"),
    path("audit/exports/new/", console_views.ExportNew.as_view(), name="export_new"),
    path("audit/exports/<uuid:pk>/delete/", console_views.ExportDelete.as_view(), name="export_delete"),
    path("audit/exports/<uuid:pk>/file/", console_views.ExportFile.as_view(), name="export_file"),
    path("audit/timeline/", console_views.Timeline.as_view(), name="timeline"),
    path("audit/checkpoint", public_views.checkpoint, name="checkpoint"),
    path("audit/keys", public_views.keys, name="keys"),
    path("audit/witness", public_views.witness, name="witness"),
    path("audit/tile/<path:path>", public_views.tile, name="tile"),
]
