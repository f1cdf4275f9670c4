"""REST: accounts, roles and departments. The same actions as the pages; what needs a second factor needs a
page.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts import actions, serializers
from accounts.access import HasPermission
from accounts.actors import user_actor
from accounts.api_base import ApiThrottled, valid
from accounts.models import Department, RoleGrant, User


class UserViewSet(ApiThrottled, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[User]):
    """Accounts with the roles they hold."""

    permission_classes = [HasPermission.of("accounts.view_people", write="accounts.create_user")]
    serializer_class = serializers.UserSerializer
    queryset = User.objects.none()
    filterset_fields = ("is_active", "email")

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.visible_to(self.request.user).prefetch_related("role_grants").order_by("email")

    @extend_schema(request=serializers.NewUserSerializer, responses={201: serializers.UserSerializer})
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewUserSerializer, request)
        user = actions.create_user(**given.validated_data, actor=user_actor(request))
        return Response(serializers.UserSerializer(user).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=serializers.ReasonSerializer, responses=serializers.UserSerializer)
    @action(
        detail=True,
        methods=["post"],
        permission_classes=[HasPermission.of("accounts.deactivate_user")],
    )
    def deactivate(self, request: Request, pk: str) -> Response:
        given = valid(serializers.ReasonSerializer, request)
        user = actions.deactivate_user(
            user=self.get_object(), reason=given.validated_data["reason"], actor=user_actor(request)
        )
        return Response(serializers.UserSerializer(user).data)


class RoleGrantViewSet(
    ApiThrottled, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[RoleGrant]
):
    """Roles: asked for, active and ended."""

    permission_classes = [HasPermission.of("accounts.view_roles", write="accounts.request_role")]
    serializer_class = serializers.RoleGrantSerializer
    queryset = RoleGrant.objects.none()
    filterset_fields = ("role", "user")

    def get_queryset(self) -> QuerySet[RoleGrant]:
        return RoleGrant.objects.visible_to(self.request.user).order_by("-requested_at", "pk")

    @extend_schema(
        request=serializers.RoleRequestSerializer, responses={201: serializers.RoleGrantSerializer}
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.RoleRequestSerializer, request)
        grant = actions.request_role(**given.validated_data, actor=user_actor(request))
        return self._shown(grant, status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=serializers.RoleGrantSerializer)
    @action(detail=True, methods=["post"], permission_classes=[HasPermission.of("accounts.approve_role")])
    def approve(self, request: Request, pk: str) -> Response:
        return self._shown(actions.approve_role(grant=self.get_object(), actor=user_actor(request)))

    @extend_schema(request=serializers.ReasonSerializer, responses=serializers.RoleGrantSerializer)
    @action(detail=True, methods=["post"], permission_classes=[HasPermission.of("accounts.revoke_role")])
    def revoke(self, request: Request, pk: str) -> Response:
        given = valid(serializers.ReasonSerializer, request)
        reason: Any = given.validated_data["reason"]
        return self._shown(
            actions.revoke_role(grant=self.get_object(), reason=reason, actor=user_actor(request))
        )

    def _shown(self, grant: RoleGrant, code: int = status.HTTP_200_OK) -> Response:
        return Response(serializers.RoleGrantSerializer(grant).data, status=code)


class DepartmentViewSet(ApiThrottled, mixins.ListModelMixin, GenericViewSet[Department]):
    """Departments."""

    permission_classes = [HasPermission.of("accounts.view_departments", write="accounts.create_department")]
    serializer_class = serializers.DepartmentSerializer
    queryset = Department.objects.order_by("name")

    @extend_schema(
        request=serializers.NewDepartmentSerializer, responses={201: serializers.DepartmentSerializer}
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewDepartmentSerializer, request)
        made = actions.create_department(**given.validated_data, actor=user_actor(request))
        return Response(serializers.DepartmentSerializer(made).data, status=status.HTTP_201_CREATED)
