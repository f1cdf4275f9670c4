"""REST addresses of law packs, agreements and notices."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from jurisdictions import api

app_name = "jurisdictions_api"
router = SimpleRouter()
router.register("law-packs", api.LawPackViewSet, basename="law-pack")
router.register("agreements", api.AgreementViewSet, basename="agreement")
router.register("notices", api.NoticeViewSet, basename="notice")
urlpatterns = router.urls
