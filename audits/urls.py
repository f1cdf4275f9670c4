"""Staff pages of the log, and what anybody may fetch to check it."""

from __future__ import annotations

from django.urls import path

from audits import entry_view, public_views, views, witness_views

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
    path("audit/checkpoint", public_views.checkpoint, name="checkpoint"),
    path("audit/witness", public_views.witness, name="witness"),
    path("audit/tile/<path:path>", public_views.tile, name="tile"),
]
