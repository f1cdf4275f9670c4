"""REST addresses of reviews."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from reviews import api

app_name = "reviews_api"
router = SimpleRouter()
router.register("samples", api.SampleViewSet, basename="sample")
router.register("findings", api.FindingViewSet, basename="finding")
urlpatterns = router.urls
