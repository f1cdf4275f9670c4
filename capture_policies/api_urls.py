"""REST addresses of policies."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from capture_policies import allowlist_api, api, api_versions, explain_api

app_name = "capture_policies_api"
router = SimpleRouter()
router.register("drafts", api.DraftViewSet, basename="draft")
router.register("versions", api_versions.VersionViewSet, basename="version")
router.register("approvals", api_versions.ApprovalViewSet, basename="approval")
router.register("releases", api.ReleaseViewSet, basename="release")
router.register("rollouts", api.RolloutViewSet, basename="rollout")
urlpatterns = [
    path("allowlist/", allowlist_api.AllowlistView.as_view(), name="allowlist"),
    path("explain/", explain_api.ExplainView.as_view(), name="explain"),
    *router.urls,
]
