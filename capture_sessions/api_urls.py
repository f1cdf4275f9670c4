"""REST addresses of sessions."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from capture_sessions import api

app_name = "capture_sessions_api"
router = SimpleRouter()
router.register("sessions", api.SessionViewSet, basename="session")
urlpatterns = router.urls
