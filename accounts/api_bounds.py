"""What the REST API takes and gives at most: the size and depth of a body, the length of a page.

A body is read up to its limit and no further, whatever its headers say; a page never grows to the whole
table, and an offset that no table has is an empty page rather than a fault of the database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import exceptions
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from mci_core.errors import TooLarge

MAX_BODY = 1024 * 1024
MAX_PAGE = 200
#: Nobody pages that far; a list is narrowed by its filters.
MAX_OFFSET = 1_000_000


class BoundedPages(LimitOffsetPagination):
    """``?limit=`` up to :data:`MAX_PAGE`, ``?offset=`` up to :data:`MAX_OFFSET`. What lies behind the last
    page that can be asked for is not counted.
    """

    max_limit = MAX_PAGE

    def get_count(self, queryset: Any) -> int:
        if isinstance(queryset, QuerySet):
            return queryset.order_by()[: MAX_OFFSET + MAX_PAGE].count()
        return super().get_count(queryset)

    def get_offset(self, request: Request) -> int:
        return min(super().get_offset(request), MAX_OFFSET)


class BoundedJSON(BaseParser):
    """JSON in UTF-8 of at most :data:`MAX_BODY` bytes. No NaN, no lone surrogates, no endless nesting."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise TooLarge(f"The body is larger than {MAX_BODY} bytes.", code="body_too_large")
        try:
            found = json.loads(body.decode("utf-8"), parse_constant=_refuse)
            if b"\\u" in body:
                # Half of a character is valid JSON, but no text: nothing could store or show it.
                json.dumps(found, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            raise exceptions.ParseError("The body is not JSON in UTF-8.") from None
        return found


def _refuse(name: str) -> Any:
    raise ValueError(name)
