"""REST addresses of accounts, roles and departments."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from accounts import api

app_name = "accounts_api"
router = SimpleRouter()
router.register("users", api.UserViewSet, basename="user")
router.register("roles", api.RoleGrantViewSet, basename="role")
router.register("departments", api.DepartmentViewSet, basename="department")
urlpatterns = router.urls
