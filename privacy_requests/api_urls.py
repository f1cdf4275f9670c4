"""REST addresses of privacy requests."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from privacy_requests import api

app_name = "privacy_requests_api"
router = SimpleRouter()
router.register("privacy-requests", api.PrivacyRequestViewSet, basename="privacy-request")
urlpatterns = router.urls
