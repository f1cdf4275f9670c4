"""Samples, their items and findings as the API shows them. The inside of a session has no address here."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from reviews.models import Finding, Sample, SampleItem


class SampleSerializer(serializers.ModelSerializer[Sample]):
    class Meta:
        model = Sample
        fields = (
            "id",
            "purpose",
            "size",
            "window_from",
            "window_to",
            "seed_commitment",
            "seed",
            "population",
            "population_digest",
            "created_at",
            "drawn_at",
        )
        read_only_fields = fields


class NewSampleSerializer(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(choices=["redaction_quality", "data_quality"])
    size = serializers.IntegerField(min_value=1, max_value=500)
    window_from = serializers.DateTimeField()
    window_to = serializers.DateTimeField()


class SampleItemSerializer(serializers.ModelSerializer[SampleItem]):
    verdicts = serializers.SerializerMethodField()

    class Meta:
        model = SampleItem
        fields = ("id", "position", "session", "stratum", "verdicts")
        read_only_fields = fields

    def get_verdicts(self, item: SampleItem) -> list[str]:
        return [review.verdict for review in item.reviews.all()]


class FindingSerializer(serializers.ModelSerializer[Finding]):
    class Meta:
        model = Finding
        fields = (
            "id",
            "session",
            "source",
            "label",
            "place",
            "severity",
            "state",
            "opened_at",
            "closed_at",
            "resolution",
        )
        read_only_fields = fields


class ResolutionSerializer(serializers.Serializer[Any]):
    resolution = serializers.CharField(max_length=500)
