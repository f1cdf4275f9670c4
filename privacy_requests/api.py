"""REST: what waits and how it was decided. Deciding needs a second factor, so it happens on the pages."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.access import HasPermission
from accounts.api_base import ApiThrottled
from privacy_requests.models import PrivacyRequest
from privacy_requests.serializers import PrivacyRequestSerializer


class PrivacyRequestViewSet(ApiThrottled, ReadOnlyModelViewSet[PrivacyRequest]):
    """Privacy requests, the most urgent first."""

    permission_classes = [HasPermission.of("privacy_requests.view")]
    serializer_class = PrivacyRequestSerializer
    queryset = PrivacyRequest.objects.none()
    filterset_fields = ("state", "kind")

    def get_queryset(self) -> QuerySet[PrivacyRequest]:
        return (
            PrivacyRequest.objects.visible_to(self.request.user)
            .select_related("subject")
            .order_by("due_at", "pk")
        )
