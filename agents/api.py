"""REST: devices, enrolment tokens, stops. The same actions as the pages.

What asks for a second factor (a new token, revoking a device, stopping) is done on a page: a token of the
API cannot show one, so these calls answer 403 ``second_factor_needed``.
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework import serializers as drf
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.access import HasPermission
from accounts.actors import user_actor
from accounts.api_base import ApiThrottled, valid
from accounts.models import Subject
from agents import actions, serializers
from agents.models import CaptureStop, Device, EnrolmentToken


class _NewTokenAnswer(serializers.TokenSerializer):
    secret = drf.CharField(read_only=True)

    class Meta(serializers.TokenSerializer.Meta):
        fields = (*serializers.TokenSerializer.Meta.fields, "secret")  # type: ignore[assignment]  # one more
        ref_name = "NewEnrolmentToken"


class DeviceViewSet(ApiThrottled, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Device]):
    """Work computers with an agent."""

    permission_classes = [HasPermission.of("agents.view", write="agents.revoke_device")]
    serializer_class = serializers.DeviceSerializer
    queryset = Device.objects.none()
    filterset_fields = ("os", "desired_release", "applied_release", "personal_device")

    def get_queryset(self) -> QuerySet[Device]:
        return Device.objects.visible_to(self.request.user).select_related("subject").order_by("name", "pk")

    @extend_schema(responses=serializers.DeliverySerializer(many=True))
    @action(detail=True, methods=["get"], filterset_fields=(), pagination_class=None)
    def deliveries(self, request: Request, pk: str) -> Response:
        rows = self.get_object().deliveries.order_by("-created_at")[:100]
        return Response(serializers.DeliverySerializer(rows, many=True).data)

    @extend_schema(request=serializers.TagsSerializer, responses=serializers.DeviceSerializer)
    @action(detail=True, methods=["post"], permission_classes=[HasPermission.of("agents.set_tags")])
    def tags(self, request: Request, pk: str) -> Response:
        given = valid(serializers.TagsSerializer, request)
        device = actions.set_tags(device=self.get_object(), **given.validated_data, actor=user_actor(request))
        return Response(serializers.DeviceSerializer(device).data)

    @extend_schema(request=serializers.ReasonSerializer, responses=serializers.DeviceSerializer)
    @action(detail=True, methods=["post"], permission_classes=[HasPermission.of("agents.revoke_device")])
    def revoke(self, request: Request, pk: str) -> Response:
        given = valid(serializers.ReasonSerializer, request)
        device = actions.revoke_device(
            device=self.get_object(), reason=given.validated_data["reason"], actor=user_actor(request)
        )
        return Response(serializers.DeviceSerializer(device).data)


class TokenViewSet(
    ApiThrottled, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[EnrolmentToken]
):
    """Enrolment tokens. The secret is in the answer that makes one, and nowhere else."""

    permission_classes = [HasPermission.of("agents.view_tokens", write="agents.create_enrolment_token")]
    serializer_class = serializers.TokenSerializer
    queryset = EnrolmentToken.objects.none()

    def get_queryset(self) -> QuerySet[EnrolmentToken]:
        return EnrolmentToken.objects.visible_to(self.request.user).order_by("-created_at", "pk")

    @extend_schema(request=serializers.NewTokenSerializer, responses={201: _NewTokenAnswer})
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewTokenSerializer, request)
        wanted = dict(given.validated_data)
        subject = get_object_or_404(Subject, user=wanted.pop("user"))
        token, secret = actions.create_enrolment_token(subject=subject, actor=user_actor(request), **wanted)
        answer = {**serializers.TokenSerializer(token).data, "secret": secret}
        return Response(answer, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    @extend_schema(request=serializers.ReasonSerializer, responses=serializers.TokenSerializer)
    @action(
        detail=True, methods=["post"], permission_classes=[HasPermission.of("agents.revoke_enrolment_token")]
    )
    def revoke(self, request: Request, pk: str) -> Response:
        given = valid(serializers.ReasonSerializer, request)
        token = actions.revoke_enrolment_token(
            token=self.get_object(), reason=given.validated_data["reason"], actor=user_actor(request)
        )
        return Response(serializers.TokenSerializer(token).data)


class StopViewSet(
    ApiThrottled, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[CaptureStop]
):
    """Stops, open and ended. Stopping and restarting is done on the page."""

    permission_classes = [HasPermission.of("agents.view_stops")]
    serializer_class = serializers.StopSerializer
    queryset = CaptureStop.objects.none()
    filterset_fields = ("scope",)

    def get_queryset(self) -> QuerySet[CaptureStop]:
        return CaptureStop.objects.visible_to(self.request.user).order_by("-stopped_at", "pk")
