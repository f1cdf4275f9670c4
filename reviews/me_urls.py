"""Who looked at mine."""

from __future__ import annotations

from django.urls import path

from reviews import me_views

app_name = "reviews_me"
urlpatterns = [
    path("looks/", me_views.LookList.as_view(), name="look_list"),
    path("looks/<uuid:pk>/", me_views.look_detail, name="look_detail"),
]
