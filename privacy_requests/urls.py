"""Staff pages of privacy requests, and what anybody needs to check a receipt."""

from __future__ import annotations

from django.urls import path

from privacy_requests import public_views, views

app_name = "privacy_requests"
urlpatterns = [
    path("requests/", views.RequestList.as_view(), name="request_list"),
    path("requests/<uuid:pk>/", views.request_detail, name="request_detail"),
    path("requests/<uuid:pk>/approve/", views.approve, name="approve"),
    path("requests/<uuid:pk>/refuse/", views.refuse, name="refuse"),
    path("requests/<uuid:pk>/finish/", views.finish, name="finish"),
    path("requests/<uuid:pk>/hold/", views.place_hold, name="place_hold"),
    path("requests/<uuid:pk>/hold/<uuid:hold>/lift/", views.lift_hold, name="lift_hold"),
    path("receipts/keys.json", public_views.receipt_keys, name="receipt_keys"),
]
