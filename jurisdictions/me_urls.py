"""The employee's pages about notices and places, below ``/me/``."""

from __future__ import annotations

from django.urls import path

from jurisdictions import me_views

app_name = "jurisdictions_me"

urlpatterns = [
    path("notices/", me_views.NoticeList.as_view(), name="notice_list"),
    path("places/", me_views.Places.as_view(), name="places"),
    path("notices/<uuid:pk>/", me_views.NoticeDetail.as_view(), name="notice_detail"),
    path("notices/<uuid:pk>/acknowledge/", me_views.NoticeAcknowledge.as_view(), name="notice_acknowledge"),
]
