"""Law packs, agreements and notices as the API shows them. No acknowledgement of a person."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import Department
from jurisdictions.counts import acknowledged_in_words
from jurisdictions.models import Agreement, LawPack, Notice
from mci_core.policy_model import SIGNALS


class LawPackSerializer(serializers.ModelSerializer[LawPack]):
    class Meta:
        model = LawPack
        fields = (
            "id",
            "key",
            "place",
            "title",
            "words",
            "body",
            "clocks",
            "effective_from",
            "effective_to",
            "modes",
            "source",
            "reviewer",
            "reviewed_on",
            "review_by",
            "digest",
        )
        read_only_fields = fields


class AgreementSerializer(serializers.ModelSerializer[Agreement]):
    class Meta:
        model = Agreement
        fields = (
            "id",
            "place",
            "also_places",
            "departments",
            "kind",
            "number",
            "signals",
            "retention_ceiling_days",
            "valid_from",
            "valid_to",
            "recorded_at",
            "ended_at",
        )
        read_only_fields = fields


class NewAgreementSerializer(serializers.Serializer[Any]):
    place = serializers.CharField(max_length=8)
    kind = serializers.ChoiceField(choices=["works_council", "union", "inspectorate"])
    number = serializers.CharField(max_length=80)
    signals = serializers.ListField(child=serializers.ChoiceField(choices=list(SIGNALS)))
    also_places = serializers.ListField(
        child=serializers.CharField(max_length=8), required=False, default=list
    )
    departments = serializers.PrimaryKeyRelatedField(
        queryset=Department.objects.all(), many=True, required=False, default=list
    )
    valid_from = serializers.DateField()
    valid_to = serializers.DateField()
    retention_ceiling_days = serializers.IntegerField(
        min_value=1, max_value=3650, required=False, allow_null=True
    )


class NoticeLineSerializer(serializers.ModelSerializer[Notice]):
    """A notice in a list. Its text and who has read it are told by the notice itself: both cost."""

    class Meta:
        model = Notice
        fields: tuple[str, ...] = (
            "id",
            "number",
            "title",
            "text_sha256",
            "policy_digest",
            "published_at",
            "withdrawn_at",
        )
        read_only_fields = fields


class NoticeSerializer(NoticeLineSerializer):
    acknowledged = serializers.SerializerMethodField()

    class Meta(NoticeLineSerializer.Meta):
        fields = (*NoticeLineSerializer.Meta.fields, "text", "acknowledged")
        read_only_fields = fields

    def get_acknowledged(self, notice: Notice) -> str:
        return acknowledged_in_words(notice)


class NewNoticeSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=160)
    text = serializers.CharField(max_length=20_000)
    policy_digest = serializers.RegexField(r"^[0-9a-f]{64}$", required=False, default="")


class LawReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)
