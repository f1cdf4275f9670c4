"""REST: what arrived. Reading only, and no filter by person, device, department or place."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.access import HasPermission
from accounts.api_base import ApiThrottled
from capture_sessions.models import CaptureSession
from capture_sessions.serializers import SessionSerializer


class SessionViewSet(ApiThrottled, ReadOnlyModelViewSet[CaptureSession]):
    """Sessions by state, platform and release."""

    permission_classes = [HasPermission.of("capture_sessions.view_list")]
    serializer_class = SessionSerializer
    queryset = CaptureSession.objects.none()
    filterset_fields = ("state", "os", "release_number")

    def get_queryset(self) -> QuerySet[CaptureSession]:
        return CaptureSession.objects.visible_to(self.request.user).order_by("-received_at", "pk")
