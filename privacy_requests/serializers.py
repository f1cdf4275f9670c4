"""Requests as the API shows them to officers: the pseudonym, never the name, and not the message."""

from __future__ import annotations

from rest_framework import serializers

from privacy_requests.models import PrivacyRequest


class PrivacyRequestSerializer(serializers.ModelSerializer[PrivacyRequest]):
    subject = serializers.CharField(source="subject.pseudonym")

    class Meta:
        model = PrivacyRequest
        fields = (
            "id",
            "number",
            "subject",
            "kind",
            "scope",
            "law",
            "state",
            "received_at",
            "confirm_by",
            "due_at",
            "decided_at",
            "finished_at",
        )
        read_only_fields = fields
