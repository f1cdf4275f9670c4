"""REST addresses of the log."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from audits import api

app_name = "audits_api"
router = SimpleRouter(use_regex_path=False)
router.register("audit-entries", api.AuditEntryViewSet, basename="entry")
router.register("checkpoints", api.CheckpointViewSet, basename="checkpoint")
urlpatterns = router.urls
