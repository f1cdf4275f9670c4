"""REST: law packs, agreements and notices. The same actions as the pages; publishing a notice and recording
an agreement ask for a second factor, which a token of the API cannot show.
"""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.access import HasPermission
from accounts.actors import user_actor
from accounts.api_base import ApiThrottled, valid
from jurisdictions import actions, serializers
from jurisdictions.models import Agreement, LawPack, Notice


class LawPackViewSet(ApiThrottled, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[LawPack]):
    """Presets of this product with their sources. Not legal advice."""

    permission_classes = [HasPermission.of("jurisdictions.view")]
    serializer_class = serializers.LawPackSerializer
    queryset = LawPack.objects.none()
    filterset_fields = ("key", "place")

    def get_queryset(self) -> QuerySet[LawPack]:
        return LawPack.objects.visible_to(self.request.user).order_by("place", "effective_from")


class AgreementViewSet(
    ApiThrottled, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Agreement]
):
    """Agreements on record."""

    permission_classes = [HasPermission.of("jurisdictions.view", write="jurisdictions.record_agreement")]
    serializer_class = serializers.AgreementSerializer
    queryset = Agreement.objects.none()
    filterset_fields = ("place", "kind")

    def get_queryset(self) -> QuerySet[Agreement]:
        return Agreement.objects.visible_to(self.request.user).order_by("place", "-valid_from", "pk")

    @extend_schema(
        request=serializers.NewAgreementSerializer, responses={201: serializers.AgreementSerializer}
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewAgreementSerializer, request)
        row = actions.record_agreement(**given.validated_data, actor=user_actor(request))
        return Response(serializers.AgreementSerializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=serializers.LawReasonSerializer, responses=serializers.AgreementSerializer)
    @action(
        detail=True, methods=["post"], permission_classes=[HasPermission.of("jurisdictions.end_agreement")]
    )
    def end(self, request: Request, pk: str) -> Response:
        row = actions.end_agreement(
            agreement=self.get_object(), reason=_reason(request), actor=user_actor(request)
        )
        return Response(serializers.AgreementSerializer(row).data)


class NoticeViewSet(ApiThrottled, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Notice]):
    """Notices, the newest first."""

    permission_classes = [HasPermission.of("jurisdictions.view", write="jurisdictions.publish_notice")]
    serializer_class: type[serializers.NoticeLineSerializer] = serializers.NoticeSerializer
    queryset = Notice.objects.none()

    def get_queryset(self) -> QuerySet[Notice]:
        return Notice.objects.visible_to(self.request.user).order_by("-number")

    def get_serializer_class(self) -> type[serializers.NoticeLineSerializer]:
        return serializers.NoticeLineSerializer if self.action == "list" else self.serializer_class

    @extend_schema(request=serializers.NewNoticeSerializer, responses={201: serializers.NoticeSerializer})
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewNoticeSerializer, request)
        row = actions.publish_notice(**given.validated_data, actor=user_actor(request))
        return Response(serializers.NoticeSerializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=serializers.LawReasonSerializer, responses=serializers.NoticeSerializer)
    @action(
        detail=True, methods=["post"], permission_classes=[HasPermission.of("jurisdictions.withdraw_notice")]
    )
    def withdraw(self, request: Request, pk: str) -> Response:
        row = actions.withdraw_notice(
            notice=self.get_object(), reason=_reason(request), actor=user_actor(request)
        )
        return Response(serializers.NoticeSerializer(row).data)


def _reason(request: Request) -> str:
    given = valid(serializers.LawReasonSerializer, request)
    reason: str = given.validated_data["reason"]
    return reason
