"""Addresses under /me/: what is captured, what I switched off, what I asked for."""

from __future__ import annotations

from django.urls import path

from capture_policies import me_excluded, me_explain, me_requests, me_views

app_name = "capture_policies_me"

urlpatterns = [
    path("captured/", me_views.Captured.as_view(), name="captured"),
    path("captured/ask/", me_explain.WouldIt.as_view(), name="explain"),
    path("excluded/", me_excluded.Excluded.as_view(), name="excluded"),
    path("excluded/add/", me_excluded.Exclude.as_view(), name="exclude"),
    path("excluded/take-back/", me_excluded.Include.as_view(), name="include"),
    path("asked/", me_requests.MyRequests.as_view(), name="request_list"),
    path("asked/new/", me_requests.MyRequestNew.as_view(), name="request_new"),
    path("asked/<uuid:pk>/withdraw/", me_requests.MyRequestWithdraw.as_view(), name="request_withdraw"),
]
