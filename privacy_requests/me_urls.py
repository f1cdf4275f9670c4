"""The employee portal: home and own requests."""

from __future__ import annotations

from django.urls import path

from privacy_requests import me_views

app_name = "privacy_requests_me"
urlpatterns = [
    path("", me_views.home, name="home"),
    path("requests/", me_views.MyRequestList.as_view(), name="request_list"),
    path("requests/new/", me_views.request_new, name="request_new"),
    path("requests/<uuid:pk>/", me_views.request_detail, name="request_detail"),
    path("requests/<uuid:pk>/withdraw/", me_views.withdraw, name="withdraw"),
    path("requests/<uuid:pk>/receipt.json", me_views.receipt, name="receipt"),
]
