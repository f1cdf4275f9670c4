"""REST: versions, what they change in words, the decisions and the comments on them, by the actions of the
pages.

Deciding needs a fresh second factor, which a token never has: it answers 403 to tokens.
"""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import HasPermission
from accounts.actors import user_actor
from accounts.api_base import valid
from accounts.serializers import ReasonSerializer
from capture_policies import differences, queries, serializers
from capture_policies.actions import versions
from capture_policies.api import Reading, of
from capture_policies.models import Approval, PolicyVersion
from capture_policies.serializers_versions import CommentSerializer, DifferenceSerializer
from mci_core.errors import Invalid, NotFound

MAX_COMMENTS = 500


class VersionViewSet(Reading):
    """Immutable versions and the decisions on them."""

    permission_classes = of("view")
    serializer_class = serializers.VersionSerializer
    detail_serializer = serializers.VersionDetailSerializer
    queryset = PolicyVersion.objects.none()
    filterset_fields = ("state", "direction", "author")

    def get_queryset(self) -> QuerySet[PolicyVersion]:
        rows = PolicyVersion.objects.visible_to(self.request.user).order_by("-number")
        if self.action == "list":
            return rows.light()
        return rows.select_related("compared_with").prefetch_related("approvals__withdrawal")

    @extend_schema(request=serializers.DecisionSerializer, responses=serializers.ApprovalSerializer)
    @action(detail=True, methods=["post"], permission_classes=of("approve_version"))
    def approve(self, request: Request, pk: str) -> Response:
        given = valid(serializers.DecisionSerializer, request).validated_data
        made = versions.approve_version(version=self.get_object(), **given, actor=user_actor(request))
        return Response(serializers.ApprovalSerializer(made).data)

    @extend_schema(request=serializers.DecisionSerializer, responses=serializers.ApprovalSerializer)
    @action(detail=True, methods=["post"], permission_classes=of("reject_version"))
    def reject(self, request: Request, pk: str) -> Response:
        given = valid(serializers.DecisionSerializer, request).validated_data
        made = versions.reject_version(version=self.get_object(), **given, actor=user_actor(request))
        return Response(serializers.ApprovalSerializer(made).data)

    @extend_schema(request=serializers.DecisionSerializer, responses=serializers.ApprovalSerializer)
    @action(
        detail=True, methods=["post"], url_path="request-changes", permission_classes=of("request_changes")
    )
    def request_changes(self, request: Request, pk: str) -> Response:
        """Close the version and open its draft again."""
        given = valid(serializers.DecisionSerializer, request).validated_data
        made = versions.request_changes(version=self.get_object(), **given, actor=user_actor(request))
        return Response(serializers.ApprovalSerializer(made).data)

    @extend_schema(request=ReasonSerializer, responses=serializers.VersionDetailSerializer)
    @action(detail=True, methods=["post"], permission_classes=of("withdraw_approval"))
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take the own approval back before anything is signed."""
        given = valid(ReasonSerializer, request).validated_data
        versions.withdraw_approval(version=self.get_object(), **given, actor=user_actor(request))
        return Response(serializers.VersionDetailSerializer(self.get_object()).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("with", int, description="number of the other version; 0: no policy at all"),
            OpenApiParameter("page", int),
        ],
        responses=DifferenceSerializer,
    )
    @action(detail=True, methods=["get"])
    def difference(self, request: Request, pk: str) -> Response:
        """What this version changes, one sentence per app, site, rule or setting, the wider ones first:
        against the policy that was live at its submission, or against any other version.
        """
        version = self.get_object()
        other = self._other(version, request.query_params.get("with"))
        new = queries.policy_of(version)
        assert new is not None
        found = differences.between(queries.policy_of(other), new)
        page = Paginator(found.lines, 50).get_page(request.query_params.get("page"))
        answer = {
            "version": version.number,
            "compared_with": None if other is None else other.number,
            "direction": found.direction,
            "counts": found.counts,
            "page": page.number,
            "pages": page.paginator.num_pages,
            "changes": differences.shown(list(page.object_list)),
        }
        return Response(DifferenceSerializer(answer).data)

    @extend_schema(methods=["get"], responses=CommentSerializer(many=True))
    @extend_schema(methods=["post"], request=CommentSerializer, responses={201: CommentSerializer})
    @action(
        detail=True,
        methods=["get", "post"],
        permission_classes=[
            HasPermission.of("capture_policies.view_drafts", write="capture_policies.comment_version")
        ],
    )
    def comments(self, request: Request, pk: str) -> Response:
        """What people said about a version, in order."""
        version = self.get_object()
        if request.method == "POST":
            text = valid(CommentSerializer, request).validated_data["text"]
            made = versions.comment_version(version=version, text=text, actor=user_actor(request))
            return Response(CommentSerializer(made).data, status=status.HTTP_201_CREATED)
        return Response(CommentSerializer(version.comments.all()[:MAX_COMMENTS], many=True).data)

    def _other(self, version: PolicyVersion, number: str | None) -> PolicyVersion | None:
        if number is None:
            return version.compared_with
        if not number.isdigit() or len(number) > 9:
            raise Invalid("Write the number of a version.", field="with")
        found = self.get_queryset().filter(number=int(number)).first()
        if found is None and int(number):
            raise NotFound("There is no version with this number.")
        return found


class ApprovalViewSet(Reading):
    """Who decided what on which bytes."""

    permission_classes = of("view")
    serializer_class = serializers.ApprovalSerializer
    queryset = Approval.objects.none()
    filterset_fields = ("version", "approver", "decision")

    def get_queryset(self) -> QuerySet[Approval]:
        seen = PolicyVersion.objects.visible_to(self.request.user)
        rows = Approval.objects.filter(version__in=seen).select_related("withdrawal")
        return rows.order_by("-at", "pk")
