"""REST: the log, newest first by cursor, and the sequencer's checkpoints. Nothing here writes."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import mixins
from rest_framework.pagination import CursorPagination
from rest_framework.viewsets import GenericViewSet

from accounts.access import HasPermission
from accounts.api_base import ApiThrottled
from audits.models import AuditEntry, Checkpoint
from audits.serializers import AuditEntrySerializer, CheckpointSerializer


class NewestFirst(CursorPagination):
    ordering = "-id"
    page_size = 100


class LargestFirst(CursorPagination):
    ordering = "-size"
    page_size = 100


class EntryFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    since = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = AuditEntry
        fields = ("action", "actor", "object_type", "object_id", "subject", "request_id")


class AuditEntryViewSet(
    ApiThrottled, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[AuditEntry]
):
    """Audit entries. Reasons and before/after are not part of the API."""

    permission_classes = [HasPermission.of("audits.view")]
    serializer_class = AuditEntrySerializer
    pagination_class = NewestFirst
    filterset_class = EntryFilter
    queryset = AuditEntry.objects.none()
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.visible_to(self.request.user)


class CheckpointViewSet(ApiThrottled, mixins.ListModelMixin, GenericViewSet[Checkpoint]):
    """What the sequencer stated: so many entries have this Merkle root."""

    permission_classes = [HasPermission.of("audits.view")]
    serializer_class = CheckpointSerializer
    pagination_class = LargestFirst
    queryset = Checkpoint.objects.all()
