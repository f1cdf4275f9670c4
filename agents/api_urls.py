"""REST addresses of devices, enrolment tokens and stops."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from agents import api

app_name = "agents_api"
router = SimpleRouter()
router.register("devices", api.DeviceViewSet, basename="device")
router.register("enrolment-tokens", api.TokenViewSet, basename="token")
router.register("stops", api.StopViewSet, basename="stop")
urlpatterns = router.urls
