"""Policies as the API shows them and what it accepts. Shapes of entries and rules are those of ``mci-
policy/1``.
"""

from __future__ import annotations

from typing import Any, cast

from rest_framework import serializers

from agents.models import Delivery
from capture_policies import document, queries
from capture_policies.models import Approval, PolicyDraft, PolicyVersion, Release, Rollout, Wave
from capture_policies.rollout_steps import WavePlan
from mci_core.policy import KEYSTROKES, METHODS, PLATFORMS, PURPOSES, SIGNALS


class ScopeSerializer(serializers.Serializer[Any]):
    """For whom and where an entry counts; what is left out does not matter."""

    groups = serializers.ListField(child=serializers.CharField(), required=False)
    platforms = serializers.ListField(child=serializers.ChoiceField(choices=list(PLATFORMS)), required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    places = serializers.ListField(child=serializers.CharField(), required=False)


class EntrySerializer(serializers.Serializer[Any]):
    """An app or site. ``match`` is ``{origin, path_prefix, subdomains}`` or ``{windows, macos, linux,
    names}``. From ``scope`` on everything is optional and left out where it says nothing.
    """

    id = serializers.CharField(max_length=64)
    kind = serializers.ChoiceField(choices=["app", "site"])
    label = serializers.CharField(max_length=120)  # type: ignore[assignment]  # the document's word
    match = serializers.DictField()
    signals = serializers.ListField(child=serializers.ChoiceField(choices=list(SIGNALS)))
    keystrokes = serializers.ChoiceField(choices=list(KEYSTROKES), default="none")
    frame_interval_s = serializers.IntegerField(min_value=0, max_value=86_400, default=0)
    scope = ScopeSerializer(required=False)
    windows_excluded = serializers.ListField(child=serializers.CharField(max_length=200), required=False)
    expires = serializers.DateField(required=False, help_text="the last day")
    owner = serializers.CharField(max_length=120, required=False, help_text="a team, never a person")
    purpose = serializers.ChoiceField(choices=list(PURPOSES), required=False)
    justification = serializers.CharField(max_length=1000, required=False)
    review_by = serializers.DateField(required=False)

    def document(self) -> dict[str, Any]:
        """The entry as the document writes it."""
        values = dict(self.validated_data)
        for name in ("expires", "review_by"):
            if name in values:
                values[name] = values[name].isoformat()
        return values


class SelectorSerializer(serializers.Serializer[Any]):
    entries = serializers.ListField(child=serializers.CharField(), default=list)
    signals = serializers.ListField(child=serializers.CharField(), default=list)
    fields_ = serializers.ListField(child=serializers.CharField(), default=list)
    roles = serializers.ListField(child=serializers.CharField(), required=False)
    paths = serializers.ListField(child=serializers.CharField(), required=False)
    region = serializers.ListField(child=serializers.IntegerField(), required=False)

    def get_fields(self) -> dict[str, Any]:
        """``fields`` is a name that serializers use themselves."""
        found = super().get_fields()
        found["fields"] = found.pop("fields_")
        return found


class ExamplesSerializer(serializers.Serializer[Any]):
    redact = serializers.ListField(child=serializers.CharField(max_length=2000), default=list)
    keep = serializers.ListField(child=serializers.CharField(max_length=2000), default=list)


class RuleSerializer(serializers.Serializer[Any]):
    """A redaction rule. ``match`` has a ``type``: detector, regex, dictionary or hashed. A hashed list is
    given as salt, hashes and lengths; its words are not accepted.
    """

    id = serializers.CharField(max_length=64)
    label = serializers.CharField(max_length=120)  # type: ignore[assignment]  # the document's word
    method = serializers.ChoiceField(choices=list(METHODS))
    match = serializers.DictField()
    selector = SelectorSerializer()
    examples = ExamplesSerializer()


class LimitsSerializer(serializers.Serializer[Any]):
    cpu_percent = serializers.IntegerField()
    upload_bytes_per_day = serializers.IntegerField()
    spool_bytes = serializers.IntegerField()
    pause_minutes = serializers.ListField(child=serializers.IntegerField())


class SamplingSerializer(serializers.Serializer[Any]):
    rate = serializers.FloatField()


class DraftSettingsSerializer(serializers.Serializer[Any]):
    """All optional: what is left out stays."""

    title = serializers.CharField(max_length=120, required=False)
    justification = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    purpose = serializers.ChoiceField(choices=list(PURPOSES), required=False)
    retention_days = serializers.IntegerField(required=False)
    lease_seconds = serializers.IntegerField(required=False)
    sampling = SamplingSerializer(required=False)
    limits = LimitsSerializer(required=False)


class NewDraftSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=120)
    justification = serializers.CharField(max_length=2000, default="", allow_blank=True)
    from_version = serializers.PrimaryKeyRelatedField(
        queryset=PolicyVersion.objects.all(), default=None, allow_null=True
    )


class DocumentSerializer(serializers.Serializer[Any]):
    """A whole policy document. ``base``: digest of the live policy it was compared with, empty for none."""

    document = serializers.DictField()
    justification = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    base = serializers.CharField(
        max_length=64, required=False, allow_blank=True, default=None, allow_null=True
    )


class DraftSerializer(serializers.ModelSerializer[PolicyDraft]):
    class Meta:
        model = PolicyDraft
        fields: tuple[str, ...] = (
            "id",
            "title",
            "justification",
            "state",
            "author",
            "based_on",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class DraftDetailSerializer(DraftSerializer):
    """With the document as it would be submitted now, and what stands in the way."""

    document = serializers.SerializerMethodField()
    problems = serializers.SerializerMethodField()

    class Meta(DraftSerializer.Meta):
        fields = (*DraftSerializer.Meta.fields, "document", "problems")
        read_only_fields = fields

    def get_document(self, draft: PolicyDraft) -> dict[str, Any]:
        return cast("dict[str, Any]", document.document_of(draft))

    def get_problems(self, draft: PolicyDraft) -> list[dict[str, str]]:
        return [{"path": found.path, "message": found.message} for found in document.problems_of(draft)]


class ApprovalSerializer(serializers.ModelSerializer[Approval]):
    """A decision. An approval counts until ``valid_until``, unless it was withdrawn or led to a release."""

    withdrawn_at = serializers.DateTimeField(source="withdrawal.at", default=None, read_only=True)

    class Meta:
        model = Approval
        fields: tuple[str, ...] = (
            "id",
            "version",
            "digest",
            "approver",
            "role",
            "decision",
            "reason",
            "at",
            "valid_until",
            "withdrawn_at",
        )
        read_only_fields = fields


class VersionSerializer(serializers.ModelSerializer[PolicyVersion]):
    class Meta:
        model = PolicyVersion
        fields: tuple[str, ...] = (
            "id",
            "number",
            "title",
            "justification",
            "digest",
            "ruleset_digest",
            "direction",
            "compared_with",
            "replaces",
            "author",
            "state",
            "submitted_at",
            "cool_down_until",
            "decided_at",
        )
        read_only_fields = fields


class VersionDetailSerializer(VersionSerializer):
    """With the document, the differences in words, and the decisions."""

    document = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()
    approvals = ApprovalSerializer(many=True, read_only=True)

    class Meta(VersionSerializer.Meta):
        fields = (*VersionSerializer.Meta.fields, "document", "changes", "approvals")
        read_only_fields = fields

    def get_document(self, version: PolicyVersion) -> dict[str, Any]:
        found = queries.policy_of(version)
        assert found is not None
        return found.doc

    def get_changes(self, version: PolicyVersion) -> list[dict[str, str]]:
        changes = queries.diff_to(version, version.compared_with)
        return [
            {"path": change.path, "words": change.words, "direction": change.direction} for change in changes
        ]


class DecisionSerializer(serializers.Serializer[Any]):
    digest = serializers.CharField(max_length=64)
    reason = serializers.CharField(max_length=500)


class ReleaseSerializer(serializers.ModelSerializer[Release]):
    class Meta:
        model = Release
        fields = ("id", "number", "version", "digest", "restores", "signed_at", "expires_at", "withdrawn_at")
        read_only_fields = fields


class ReleaseDocumentSerializer(ReleaseSerializer):
    """With the number of its version and the whole document."""

    version_number = serializers.IntegerField(source="version.number")
    document = serializers.SerializerMethodField()

    class Meta(ReleaseSerializer.Meta):
        fields = (*ReleaseSerializer.Meta.fields, "version_number", "document")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    def get_document(self, release: Release) -> dict[str, Any]:
        found = queries.policy_of(release.version)
        assert found is not None
        return found.doc


class WaveSerializer(serializers.ModelSerializer[Wave]):
    class Meta:
        model = Wave
        fields = (
            "number",
            "audience",
            "audience_value",
            "percent",
            "soak_seconds",
            "max_error_share",
            "min_applied_share",
            "max_crash_share",
            "max_pause_rise",
            "started_at",
            "passed_at",
        )
        read_only_fields = fields


class RolloutSerializer(serializers.ModelSerializer[Rollout]):
    waves = WaveSerializer(many=True, read_only=True)

    class Meta:
        model = Rollout
        fields: tuple[str, ...] = (
            "id",
            "release",
            "previous",
            "state",
            "reason",
            "halt_reason",
            "only_release",
            "started_by",
            "started_at",
            "finished_at",
            "waves",
        )
        read_only_fields = fields


class RolloutDetailSerializer(RolloutSerializer):
    """With the funnel: state of a delivery -> how many."""

    deliveries = serializers.SerializerMethodField()

    class Meta(RolloutSerializer.Meta):
        fields = (*RolloutSerializer.Meta.fields, "deliveries")
        read_only_fields = fields

    def get_deliveries(self, rollout: Rollout) -> dict[str, int]:
        return Delivery.objects.of_rollout(rollout.pk).funnel()


class WavePlanSerializer(serializers.Serializer[Any]):
    """``audience`` percent (the default), group or tag; ``audience_value`` is the department or the tag."""

    audience = serializers.ChoiceField(choices=["percent", "group", "tag"], default="percent")
    audience_value = serializers.CharField(max_length=40, default="", allow_blank=True)
    percent = serializers.IntegerField(min_value=0, max_value=100, default=0)
    soak_seconds = serializers.IntegerField(min_value=0, default=0)
    max_error_share = serializers.FloatField(min_value=0, max_value=1, default=0.02)
    min_applied_share = serializers.FloatField(min_value=0, max_value=1, default=0.9)
    max_crash_share = serializers.FloatField(min_value=0, max_value=1, default=0.1)
    max_pause_rise = serializers.FloatField(min_value=0, max_value=1, default=0.25)


class NewRolloutSerializer(serializers.Serializer[Any]):
    """Without waves: 5, 25 and 100 percent."""

    release = serializers.PrimaryKeyRelatedField(queryset=Release.objects.all())
    reason = serializers.CharField(max_length=500)
    waves = WavePlanSerializer(many=True, required=False)

    def plans(self) -> dict[str, list[WavePlan]]:
        given = self.validated_data.get("waves")
        return {"waves": [WavePlan(**plan) for plan in given]} if given else {}
