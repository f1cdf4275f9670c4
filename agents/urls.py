"""Staff pages about devices."""

from __future__ import annotations

from django.urls import path

from agents import views

app_name = "agents"

urlpatterns = [
    path("devices/", views.DeviceList.as_view(), name="device_list"),
    path("devices/tokens/", views.TokenList.as_view(), name="token_list"),
    path("devices/tokens/new/", views.TokenNew.as_view(), name="token_new"),
    path("devices/tokens/<uuid:pk>/revoke/", views.TokenRevoke.as_view(), name="token_revoke"),
    path("devices/<uuid:pk>/", views.DeviceDetail.as_view(), name="device_detail"),
    path("devices/<uuid:pk>/tags/", views.DeviceTags.as_view(), name="device_tags"),
    path("devices/<uuid:pk>/revoke/", views.DeviceRevoke.as_view(), name="device_revoke"),
]
