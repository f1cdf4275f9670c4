"""Sessions as the API shows them to staff: no person, no device, no hour of the day, no
retention (its length tells the place).
"""

from __future__ import annotations

from rest_framework import serializers

from capture_sessions.models import CaptureSession


class SessionSerializer(serializers.ModelSerializer[CaptureSession]):
    class Meta:
        model = CaptureSession
        fields = (
            "id",
            "state",
            "os",
            "release_number",
            "policy_digest",
            "ruleset_digest",
            "manifest_sha256",
            "event_count",
            "frame_count",
            "byte_count",
            "received_at",
            "erased_at",
        )
        read_only_fields = fields
