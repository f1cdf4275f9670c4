"""Staff pages of reviews."""

from __future__ import annotations

from django.urls import path, re_path

from reviews import reports, views

app_name = "reviews"
urlpatterns = [
    path("samples/", views.SampleList.as_view(), name="sample_list"),
    path("samples/new/", views.sample_new, name="sample_new"),
    path("samples/<uuid:pk>/", views.sample_detail, name="sample_detail"),
    path("samples/items/<uuid:pk>/", views.item_detail, name="item_detail"),
    path("grants/<uuid:pk>/", views.grant_inspect, name="grant_inspect"),
    re_path(
        r"^grants/(?P<pk>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/frames/(?P<sha256>[0-9a-f]{64})\.webp$",
        views.grant_frame,
        name="grant_frame",
    ),
    path("grants/<uuid:pk>/verdict/", views.grant_verdict, name="grant_verdict"),
    path("grants/<uuid:pk>/close/", views.grant_close, name="grant_close"),
    path("findings/", views.FindingList.as_view(), name="finding_list"),
    path("findings/<uuid:pk>/", views.finding_detail, name="finding_detail"),
    path("findings/<uuid:pk>/close/", views.finding_close, name="finding_close"),
    path("reports/", reports.report, name="report"),
]
