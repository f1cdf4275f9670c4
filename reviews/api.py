"""REST: samples and findings. Grants and the inspector need a second factor, so they have no API."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.access import HasPermission
from accounts.actors import user_actor
from accounts.api_base import ApiThrottled, valid
from reviews import actions, querysets, serializers
from reviews.models import Finding, Sample


class SampleViewSet(ApiThrottled, ReadOnlyModelViewSet[Sample]):
    """Samples drawn for the roles of the asking person."""

    permission_classes = [HasPermission.of("reviews.view_samples", write="reviews.commit_sample")]
    serializer_class = serializers.SampleSerializer
    queryset = Sample.objects.none()
    filterset_fields = ("purpose",)

    def get_queryset(self) -> QuerySet[Sample]:
        return querysets.samples_visible_to(self.request.user).order_by("-created_at", "pk")

    @extend_schema(request=serializers.NewSampleSerializer, responses={201: serializers.SampleSerializer})
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewSampleSerializer, request)
        sample = actions.commit_sample(**given.validated_data, actor=user_actor(request))
        return Response(serializers.SampleSerializer(sample).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=serializers.SampleItemSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def items(self, request: Request, pk: str) -> Response:
        rows = self.get_object().items.prefetch_related("reviews").order_by("position")
        return Response(serializers.SampleItemSerializer(rows, many=True).data)


class FindingViewSet(ApiThrottled, ReadOnlyModelViewSet[Finding]):
    """Leaks by class and place."""

    permission_classes = [HasPermission.of("reviews.view_findings")]
    serializer_class = serializers.FindingSerializer
    queryset = Finding.objects.none()
    filterset_fields = ("state", "severity", "source", "label")

    def get_queryset(self) -> QuerySet[Finding]:
        return querysets.findings_visible_to(self.request.user).order_by("-opened_at", "pk")

    @extend_schema(request=serializers.ResolutionSerializer, responses=serializers.FindingSerializer)
    @action(detail=True, methods=["post"], permission_classes=[HasPermission.of("reviews.close_finding")])
    def close(self, request: Request, pk: str) -> Response:
        given = valid(serializers.ResolutionSerializer, request)
        finding = actions.close_finding(
            finding=self.get_object(),
            resolution=given.validated_data["resolution"],
            actor=user_actor(request),
        )
        return Response(serializers.FindingSerializer(finding).data)
