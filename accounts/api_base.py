"""What every view of ``/api/v1/`` shares: throttling by person, one rate for reading and one for writing, and
how a body is taken.
"""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView


class ApiThrottled(APIView):
    """Rates: settings ``API_READ_RATE`` and ``API_WRITE_RATE``."""

    @property
    def throttle_scope(self) -> str:
        return "read" if (self.request.method or "GET") in SAFE_METHODS else "write"


def valid(kind: type[BaseSerializer[Any]], request: Request, **kwargs: Any) -> Any:
    """The body as this serializer reads it; what it refuses is answered by the exception handler."""
    given = kind(data=request.data, **kwargs)
    given.is_valid(raise_exception=True)
    return given
