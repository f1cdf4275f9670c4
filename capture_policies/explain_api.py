"""REST: would this event be captured? The same question and the same answer as on the page.

It only reads, so a token needs the scope to read policies. No person can be named.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import HasPermission
from accounts.api_base import ApiThrottled, valid
from capture_policies import asking, explaining
from capture_policies.explaining import KEYS, Explanation
from mci_core.policy import SIGNALS
from mci_core.policy_model import PLACE_PATTERN, TAG_PATTERN


class ExplainSerializer(serializers.Serializer[Any]):
    """An event that might happen. Name a page (``address``) or a program; ``at`` is now where it is missing.

    ``which``: the policy that was ``live`` then, a ``version`` (its number) or a ``draft`` (its id).
    ``group`` is the id of a department. ``place`` empty: not known.
    """

    signal = serializers.ChoiceField(choices=list(SIGNALS))
    key = serializers.ChoiceField(choices=list(KEYS), default="letter")
    address = serializers.CharField(max_length=2000, default="", allow_blank=True)
    program = serializers.CharField(max_length=200, default="", allow_blank=True)
    program_name = serializers.CharField(max_length=200, default="", allow_blank=True)
    platform = serializers.ChoiceField(choices=["windows", "macos", "linux"], default="windows")
    title = serializers.CharField(max_length=500, allow_null=True, default=None)
    private = serializers.BooleanField(default=False)
    secure = serializers.BooleanField(default=False)
    place = serializers.RegexField(PLACE_PATTERN, allow_null=True, default=None)
    group = serializers.UUIDField(allow_null=True, default=None)
    tags = serializers.ListField(
        child=serializers.RegexField(TAG_PATTERN), max_length=20, default=list, allow_empty=True
    )
    personal_device = serializers.BooleanField(default=False)
    at = serializers.DateTimeField(allow_null=True, default=None)
    which = serializers.ChoiceField(choices=["live", "version", "draft"], default="live")
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True, default=None)
    draft = serializers.UUIDField(allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs["address"] or attrs["program"] or attrs["program_name"]):
            raise serializers.ValidationError({"address": "Name a page or a program."})
        if attrs["which"] != "live" and attrs[attrs["which"]] is None:
            raise serializers.ValidationError({attrs["which"]: "Say which one."})
        return attrs


class ExplainedPolicySerializer(serializers.Serializer[Any]):
    """What was asked (``words``, version, digest), and the number of the release that was live then."""

    words = serializers.CharField()
    version = serializers.IntegerField(source="version.number", default=None)
    draft = serializers.UUIDField(source="draft.pk", default=None)
    digest = serializers.CharField(source="policy.digest", default=None)
    live_release = serializers.IntegerField(source="release.number", default=None)


class ExplainedLawSerializer(serializers.Serializer[Any]):
    """The law of the place on the day; ``notice`` in words."""

    reason = serializers.CharField(source="ruling.reason")
    words = serializers.CharField()
    denied_signals = serializers.ListField(child=serializers.CharField(), source="ruling.denied_signals")
    pack = serializers.CharField(source="ruling.pack_id", allow_null=True)
    source = serializers.CharField(source="ruling.source", allow_null=True)  # type: ignore[assignment]  # the law's word
    agreement = serializers.CharField(source="agreement.number", default=None)
    retention_ceiling_days = serializers.IntegerField(source="ruling.retention_ceiling_days", allow_null=True)
    notice = serializers.CharField()


class ExplainedPartSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    stays = serializers.BooleanField()
    value = serializers.CharField()


class ExplainedRuleSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the document's word
    does = serializers.CharField()


class ExplanationSerializer(serializers.Serializer[Explanation]):
    """``code`` is a reason of the evaluator, or ``no_release``; ``why`` says it in a sentence."""

    captured = serializers.BooleanField()
    code = serializers.CharField()
    why = serializers.CharField()
    entry = serializers.CharField(source="entry.id", default=None)
    policy = ExplainedPolicySerializer(source="asked")
    law = ExplainedLawSerializer()
    parts = ExplainedPartSerializer(many=True)
    rules = ExplainedRuleSerializer(many=True)
    assumed = serializers.ListField(child=serializers.CharField())


class ExplainView(ApiThrottled):
    """Would this be captured?"""

    permission_classes = [HasPermission.of("capture_policies.view")]

    @extend_schema(request=ExplainSerializer, responses=ExplanationSerializer)
    def post(self, request: Request) -> Response:
        given = valid(ExplainSerializer, request)
        question = asking.question_of(given.validated_data)
        asked = asking.asked_of(request.user, given.validated_data, question.at)
        return Response(ExplanationSerializer(explaining.explain(question, asked)).data)
