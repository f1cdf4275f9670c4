"""REST: drafts with their entries and rules, versions and approvals, releases, rollouts, stops. Same actions
as the pages.

Approving, stopping and restarting need a fresh second factor, which a token never has: those answer 403 to
tokens.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from accounts.access import HasPermission
from accounts.actors import user_actor
from accounts.api_base import ApiThrottled, valid
from accounts.serializers import ReasonSerializer
from capture_policies import queries, serializers
from capture_policies.actions import drafts, rollouts
from capture_policies.actions.from_document import create_draft_from_document
from capture_policies.models import (
    DraftEntry,
    DraftRule,
    PolicyDraft,
    Release,
    Rollout,
)


def of(name: str) -> list[type[HasPermission]]:
    return [HasPermission.of(f"capture_policies.{name}")]


class Reading(ApiThrottled, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Any]):
    """Lists are light; one object comes with everything about it."""

    detail_serializer: type[BaseSerializer[Any]] | None = None

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        found = self.detail_serializer if self.action == "retrieve" else None
        return found or super().get_serializer_class()


def _live_key() -> Any:
    release = queries.live_release()
    return None if release is None else release.pk


class DraftViewSet(Reading):
    """Working copies of policies."""

    permission_classes = [
        HasPermission.of("capture_policies.view_drafts", write="capture_policies.create_draft")
    ]
    serializer_class = serializers.DraftSerializer
    detail_serializer = serializers.DraftDetailSerializer
    queryset = PolicyDraft.objects.none()
    filterset_fields = ("state", "author")

    def get_queryset(self) -> QuerySet[PolicyDraft]:
        rows = PolicyDraft.objects.visible_to(self.request.user).order_by("-updated_at", "pk")
        return rows if self.action == "list" else rows.prefetch_related("entries", "rules")

    @extend_schema(request=serializers.NewDraftSerializer, responses={201: serializers.DraftDetailSerializer})
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewDraftSerializer, request).validated_data
        draft = drafts.create_draft(**given, actor=user_actor(request))
        return self._shown(draft, status.HTTP_201_CREATED)

    @extend_schema(request=serializers.DocumentSerializer, responses={201: serializers.DraftDetailSerializer})
    @action(
        detail=False,
        methods=["post"],
        url_path="from-document",
        permission_classes=of("create_draft_from_document"),
    )
    def from_document(self, request: Request) -> Response:
        """A draft with exactly this content; the same content again gives the draft that is there."""
        given = valid(serializers.DocumentSerializer, request).validated_data
        draft = create_draft_from_document(
            doc=given["document"],
            justification=given["justification"],
            base=given["base"],
            actor=user_actor(request),
        )
        return self._shown(draft, status.HTTP_201_CREATED)

    @extend_schema(request=serializers.DraftSettingsSerializer, responses=serializers.DraftDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        given = valid(serializers.DraftSettingsSerializer, request).validated_data
        draft = self.get_object()
        return self._shown(drafts.update_draft_settings(draft=draft, data=given, actor=user_actor(request)))

    @extend_schema(request=serializers.EntrySerializer, responses=serializers.DraftDetailSerializer)
    @action(detail=True, methods=["post"], permission_classes=of("put_entry"))
    def entries(self, request: Request, pk: str) -> Response:
        """Add an app or site, or replace the one with this id."""
        data = valid(serializers.EntrySerializer, request).document()
        draft = self.get_object()
        row = DraftEntry.objects.filter(draft=draft, key=data["id"]).first()
        drafts.put_entry(draft=draft, entry=row, data=data, actor=user_actor(request))
        return self._shown(draft)

    @extend_schema(responses=serializers.DraftDetailSerializer)
    @action(
        detail=True,
        methods=["delete"],
        url_path="entries/(?P<key>[a-z0-9_-]+)",
        permission_classes=of("remove_entry"),
    )
    def entry(self, request: Request, pk: str, key: str) -> Response:
        """Take an app or site out."""
        draft = self.get_object()
        row = get_object_or_404(DraftEntry, draft=draft, key=key)
        drafts.remove_entry(draft=draft, entry=row, actor=user_actor(request))
        return self._shown(draft)

    @extend_schema(request=serializers.RuleSerializer, responses=serializers.DraftDetailSerializer)
    @action(detail=True, methods=["post"], permission_classes=of("put_rule"))
    def rules(self, request: Request, pk: str) -> Response:
        """Add a redaction rule, or replace the one with this id."""
        data = valid(serializers.RuleSerializer, request).validated_data
        draft = self.get_object()
        row = DraftRule.objects.filter(draft=draft, key=data["id"]).first()
        drafts.put_rule(draft=draft, rule=row, data=data, actor=user_actor(request))
        return self._shown(draft)

    @extend_schema(responses=serializers.DraftDetailSerializer)
    @action(
        detail=True,
        methods=["delete"],
        url_path="rules/(?P<key>[a-z0-9_-]+)",
        permission_classes=of("remove_rule"),
    )
    def rule(self, request: Request, pk: str, key: str) -> Response:
        """Take a redaction rule out."""
        draft = self.get_object()
        row = get_object_or_404(DraftRule, draft=draft, key=key)
        drafts.remove_rule(draft=draft, rule=row, actor=user_actor(request))
        return self._shown(draft)

    @extend_schema(request=None, responses={201: serializers.VersionDetailSerializer})
    @action(detail=True, methods=["post"], permission_classes=of("submit_draft"))
    def submit(self, request: Request, pk: str) -> Response:
        version = drafts.submit_draft(draft=self.get_object(), actor=user_actor(request))
        return Response(serializers.VersionDetailSerializer(version).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=serializers.DraftDetailSerializer)
    @action(detail=True, methods=["post"], permission_classes=of("discard_draft"))
    def discard(self, request: Request, pk: str) -> Response:
        return self._shown(drafts.discard_draft(draft=self.get_object(), actor=user_actor(request)))

    def _shown(self, draft: PolicyDraft, code: int = status.HTTP_200_OK) -> Response:
        fresh = PolicyDraft.objects.prefetch_related("entries", "rules").get(pk=draft.pk)
        return Response(serializers.DraftDetailSerializer(fresh).data, status=code)


class ReleaseViewSet(Reading):
    """Signed releases."""

    permission_classes = of("view")
    serializer_class = serializers.ReleaseSerializer
    queryset = Release.objects.none()
    filterset_fields = ("version", "number")

    def get_queryset(self) -> QuerySet[Release]:
        return Release.objects.visible_to(self.request.user).order_by("-number")

    @extend_schema(responses=serializers.ReleaseDocumentSerializer)
    @action(detail=False, pagination_class=None, filter_backends=[])
    def live(self, request: Request) -> Response:
        """What a new device gets, with its document. 404: nothing is live."""
        found = get_object_or_404(Release.objects.visible_to(request.user), pk=_live_key())
        return Response(serializers.ReleaseDocumentSerializer(found).data)

    @extend_schema(responses=serializers.ReleaseDocumentSerializer)
    @action(detail=True)
    def document(self, request: Request, pk: str) -> Response:
        """A release with its document."""
        return Response(serializers.ReleaseDocumentSerializer(self.get_object()).data)

    @extend_schema(request=ReasonSerializer, responses={201: serializers.RolloutDetailSerializer})
    @action(detail=True, methods=["post"], url_path="roll-back", permission_classes=of("rollback_to"))
    def roll_back(self, request: Request, pk: str) -> Response:
        """Bring the content of this release back, under a new number."""
        given = valid(ReasonSerializer, request).validated_data
        made = rollouts.rollback_to(release=self.get_object(), **given, actor=user_actor(request))
        return Response(serializers.RolloutDetailSerializer(made).data, status=status.HTTP_201_CREATED)


class RolloutViewSet(Reading):
    """Releases on their way."""

    permission_classes = [HasPermission.of("capture_policies.view", write="capture_policies.start_rollout")]
    serializer_class = serializers.RolloutSerializer
    detail_serializer = serializers.RolloutDetailSerializer
    queryset = Rollout.objects.none()
    filterset_fields = ("state", "release")

    def get_queryset(self) -> QuerySet[Rollout]:
        rows = Rollout.objects.visible_to(self.request.user).prefetch_related("waves")
        return rows.order_by("-started_at", "pk")

    @extend_schema(
        request=serializers.NewRolloutSerializer, responses={201: serializers.RolloutDetailSerializer}
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewRolloutSerializer, request)
        values = given.validated_data
        made = rollouts.start_rollout(
            release=values["release"], reason=values["reason"], actor=user_actor(request), **given.plans()
        )
        return Response(serializers.RolloutDetailSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ReasonSerializer, responses=serializers.RolloutDetailSerializer)
    @action(detail=True, methods=["post"], permission_classes=of("hold_rollout"))
    def hold(self, request: Request, pk: str) -> Response:
        return self._steered(rollouts.hold_rollout, request)

    @extend_schema(request=ReasonSerializer, responses=serializers.RolloutDetailSerializer)
    @action(detail=True, methods=["post"], permission_classes=of("resume_rollout"))
    def resume(self, request: Request, pk: str) -> Response:
        return self._steered(rollouts.resume_rollout, request)

    @extend_schema(request=ReasonSerializer, responses=serializers.RolloutDetailSerializer)
    @action(detail=True, methods=["post"], permission_classes=of("halt_rollout"))
    def halt(self, request: Request, pk: str) -> Response:
        return self._steered(rollouts.halt_rollout, request)

    def _steered(self, verb: Any, request: Request) -> Response:
        given = valid(ReasonSerializer, request).validated_data
        rollout = verb(rollout=self.get_object(), **given, actor=user_actor(request))
        return Response(serializers.RolloutDetailSerializer(rollout).data)
