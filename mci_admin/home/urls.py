"""The address of the first page."""

from __future__ import annotations

from django.urls import path

from mci_admin.home.views import Home

urlpatterns = [path("", Home.as_view(), name="home")]
