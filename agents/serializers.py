"""Devices, tokens and stops as the API shows them: pseudonyms, no pause, no link from a token to a device."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import User
from agents.actions.enrolment import MAX_DAYS, MAX_QUOTA
from agents.models import CaptureStop, Delivery, Device, EnrolmentToken


class DeviceSerializer(serializers.ModelSerializer[Device]):
    person = serializers.CharField(source="subject.pseudonym", read_only=True)
    situation = serializers.CharField(read_only=True)
    reason = serializers.CharField(source="shown_reason", read_only=True)

    class Meta:
        model = Device
        fields = (
            "id",
            "name",
            "person",
            "os",
            "os_version",
            "agent_version",
            "personal_device",
            "tags",
            "situation",
            "reason",
            "desired_release",
            "applied_release",
            "applied_at",
            "enrolled_at",
            "revoked_at",
            "last_seen_at",
            "lease_expires_at",
            "capture_until",
        )
        read_only_fields = fields


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    class Meta:
        model = Delivery
        fields = (
            "rollout",
            "wave",
            "release_number",
            "state",
            "error",
            "created_at",
            "notified_at",
            "leased_at",
            "applied_at",
            "failed_at",
        )
        read_only_fields = fields


class TagsSerializer(serializers.Serializer[Any]):
    tags = serializers.ListField(child=serializers.CharField(max_length=60), max_length=20)


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)

    class Meta:
        ref_name = "DeviceReason"


class TokenSerializer(serializers.ModelSerializer[EnrolmentToken]):
    state = serializers.CharField(read_only=True)

    class Meta:
        model = EnrolmentToken
        fields = (
            "id",
            "label",
            "quota",
            "used",
            "personal_device",
            "state",
            "created_at",
            "expires_at",
            "revoked_at",
        )
        read_only_fields = fields


class NewTokenSerializer(serializers.Serializer[Any]):
    user = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True, subject__isnull=False)
    )
    label = serializers.CharField(max_length=80)  # type: ignore[assignment]  # a field called label
    quota = serializers.IntegerField(min_value=1, max_value=MAX_QUOTA, default=1)
    days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS, default=7)
    personal_device = serializers.BooleanField(default=False)


class StopSerializer(serializers.ModelSerializer[CaptureStop]):
    #: Whom the stop of one person is about is not told here.
    scope_value = serializers.SerializerMethodField()

    def get_scope_value(self, stop: CaptureStop) -> str:
        return "" if stop.scope == "person" else stop.scope_value

    class Meta:
        model = CaptureStop
        fields = (
            "id",
            "scope",
            "scope_value",
            "reason",
            "stopped_by",
            "stopped_at",
            "worst_case",
            "restart_requested_by",
            "restart_requested_at",
            "restarted_by",
            "restarted_at",
        )
        read_only_fields = fields
