"""What a version changes, in words, and what people say about it, as the API shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from capture_policies.models import VersionComment

#: As the field of a version says them, so that the description of the API has one name for them.
WAYS = [("wider", "Wider"), ("narrower", "Narrower"), ("neutral", "Neutral")]


class ChangePartSerializer(serializers.Serializer[Any]):
    path = serializers.CharField()
    words = serializers.CharField()
    direction = serializers.ChoiceField(choices=WAYS)


class DifferenceLineSerializer(serializers.Serializer[Any]):
    """One sentence; ``people`` and ``places`` never tell of fewer people than the least group size."""

    direction = serializers.ChoiceField(choices=WAYS)
    sentence = serializers.CharField()
    kind = serializers.ChoiceField(choices=["entry", "rule", "setting"])
    entry = serializers.CharField(help_text="id of the app or site; empty for rules and settings")
    parts = ChangePartSerializer(many=True)
    people = serializers.CharField(source="affected.people_words", default=None)
    places = serializers.ListField(child=serializers.CharField(), source="affected.places", default=None)


class DifferenceSerializer(serializers.Serializer[Any]):
    """One page of what a version changes, the wider ones first. ``counts`` are of the whole."""

    version = serializers.IntegerField()
    compared_with = serializers.IntegerField(allow_null=True, help_text="null: no policy at all")
    direction = serializers.ChoiceField(choices=WAYS)
    counts = serializers.DictField(child=serializers.IntegerField())
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    changes = DifferenceLineSerializer(many=True)


class CommentSerializer(serializers.ModelSerializer[VersionComment]):
    class Meta:
        model = VersionComment
        fields = ("id", "version", "author", "text", "at")
        read_only_fields = ("id", "version", "author", "at")
