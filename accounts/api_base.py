"""What every view of ``/api/v1/`` shares: throttling by person, one rate for reading and one for writing."""

from __future__ import annotations

from rest_framework.permissions import SAFE_METHODS
from rest_framework.views import APIView


class ApiThrottled(APIView):
    """Rates: settings ``API_READ_RATE`` and ``API_WRITE_RATE``."""

    @property
    def throttle_scope(self) -> str:
        return "read" if (self.request.method or "GET") in SAFE_METHODS else "write"
