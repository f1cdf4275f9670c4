"""Entries and checkpoints as the API shows them. ``leaf`` is the exact text that is hashed."""

from __future__ import annotations

from rest_framework import serializers

from audits.models import AuditEntry, Checkpoint


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    class Meta:
        model = AuditEntry
        fields = (
            "id",
            "at",
            "action",
            "actor",
            "actor_role",
            "object_type",
            "object_id",
            "subject",
            "request_id",
            "leaf",
        )
        read_only_fields = fields


class CheckpointSerializer(serializers.ModelSerializer[Checkpoint]):
    class Meta:
        model = Checkpoint
        fields = ("size", "root", "at")
        read_only_fields = fields
