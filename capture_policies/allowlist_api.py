"""REST: the entries that are live, narrowed by the same questions as the page. Counts of few people are
never told.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import HasPermission
from accounts.api_base import ApiThrottled
from capture_policies import allowlist
from capture_policies.allowlist import Shown, Today
from capture_policies.allowlist_forms import ATTENTION, SORTS, AllowlistFilter, searched, sorted_by
from mci_core.errors import Invalid
from mci_core.policy import PURPOSES, SIGNALS

_PARAMETERS = [
    OpenApiParameter("q", str, description="words that stand in name, place, id, owner or justification"),
    OpenApiParameter("kind", str, enum=["app", "site"]),
    OpenApiParameter("signal", str, enum=list(SIGNALS)),
    OpenApiParameter("owner", str),
    OpenApiParameter("purpose", str, enum=list(PURPOSES)),
    OpenApiParameter("attention", str, enum=list(ATTENTION)),
    OpenApiParameter("sort", str, enum=[*SORTS, *(f"-{name}" for name in SORTS)]),
]


class AllowlistEntrySerializer(serializers.Serializer[Shown]):
    """An entry of the live policy: ``document`` is its shape in ``mci-policy/1``."""

    id = serializers.CharField(source="entry.id")
    version = serializers.SerializerMethodField()
    where = serializers.CharField(source="words.where")
    captured = serializers.CharField(source="words.captured")
    purpose = serializers.CharField(source="line.purpose")
    people = serializers.CharField(help_text="in words: a number, or that there are few or none")
    last_hit = serializers.DateField(source="last", allow_null=True)
    unused = serializers.BooleanField()
    expiring = serializers.BooleanField()
    review_overdue = serializers.BooleanField(source="overdue")
    document = serializers.SerializerMethodField()

    def get_version(self, shown: Shown) -> int:
        number: int = self.context["version"]
        return number

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_document(self, shown: Shown) -> dict[str, Any]:
        found: dict[str, Any] = self.context["documents"][shown.entry.id]
        return found


class AllowlistView(ApiThrottled, GenericAPIView[Any]):
    """The live allowlist."""

    permission_classes = [HasPermission.of("capture_policies.view")]
    serializer_class = AllowlistEntrySerializer
    filter_backends = ()

    @extend_schema(
        operation_id="allowlist_list", parameters=_PARAMETERS, responses=AllowlistEntrySerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        live, today = allowlist.live(), Today()
        form = AllowlistFilter(request.query_params, allowlist=live)
        if not form.is_valid():
            name, faults = next(iter(form.errors.items()))
            raise Invalid(str(faults[0]), field=name)
        lines = form.narrowed(live.lines if live else (), today)
        lines = searched(lines, request.query_params.get("q", ""))
        page = self.paginate_queryset(sorted_by(lines, self._sort(), today))
        context = {
            "version": live.version.number if live else 0,
            "documents": {doc["id"]: doc for doc in live.policy.doc["entries"]} if live else {},
        }
        shown: Any = today.shown(page or ())
        made = AllowlistEntrySerializer(shown, many=True, context=context)
        return self.get_paginated_response(made.data)

    def _sort(self) -> str:
        wanted = self.request.query_params.get("sort", "label")
        return wanted if wanted.removeprefix("-") in SORTS else "label"
