"""Drafts people edit, versions nobody can edit, approvals of exact bytes, signed releases, rollouts in
waves.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone


def _may(user: Any, permission: str) -> bool:
    from accounts.permissions import has  # models load before the permissions of all apps are gathered

    return has(user, permission)


class DraftState(models.TextChoices):
    OPEN = "open", "Open"
    SUBMITTED = "submitted", "Submitted"
    DISCARDED = "discarded", "Discarded"


class PolicyDraftQuerySet(models.QuerySet["PolicyDraft"]):
    """Reads of drafts."""

    def visible_to(self, user: Any) -> PolicyDraftQuerySet:
        """Those who write or judge policies see every draft; everybody else sees none."""
        return self if _may(user, "capture_policies.view_drafts") else self.none()

    def with_counts(self) -> PolicyDraftQuerySet:
        """``entry_count`` and ``rule_count`` without a query per row."""
        entries = DraftEntry.objects.filter(draft=OuterRef("pk")).order_by().values("draft")
        rules = DraftRule.objects.filter(draft=OuterRef("pk")).order_by().values("draft")
        return self.annotate(
            entry_count=Coalesce(Subquery(entries.annotate(n=Count("pk")).values("n")), 0),
            rule_count=Coalesce(Subquery(rules.annotate(n=Count("pk")).values("n")), 0),
        )


class PolicyDraft(models.Model):
    """A working copy. ``settings`` holds limits, retention, sampling and lease seconds of the document."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=120)
    justification = models.TextField(blank=True, max_length=2000)
    purpose = models.CharField(max_length=32, default="agent_training")
    settings = models.JSONField(default=dict)
    based_on = models.ForeignKey("PolicyVersion", on_delete=models.PROTECT, null=True, related_name="drafts")
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="policy_drafts")
    state = models.CharField(max_length=10, choices=DraftState.choices, default=DraftState.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = PolicyDraftQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title


class DraftEntry(models.Model):
    """One app or site with its signals in a draft; same shape as an entry of mci-policy/1."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.ForeignKey(PolicyDraft, on_delete=models.CASCADE, related_name="entries")
    key = models.SlugField(max_length=64, help_text="the entry id in the document")
    kind = models.CharField(max_length=4, choices=[("app", "App"), ("site", "Site")])
    label = models.CharField(max_length=120)
    match = models.JSONField(default=dict)
    signals = models.JSONField(default=list)
    keystrokes = models.CharField(max_length=8, default="none")
    frame_interval_s = models.PositiveIntegerField(default=0)
    scope = models.JSONField(default=dict, blank=True)
    windows_excluded = models.JSONField(default=list, blank=True)
    expires = models.DateField(null=True, blank=True, help_text="the last day")
    owner = models.CharField(max_length=120, blank=True)
    purpose = models.CharField(max_length=32, blank=True)
    justification = models.TextField(max_length=1000, blank=True)
    review_by = models.DateField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("draft", "key"), name="one_entry_key_per_draft"),)
        ordering = ("label", "id")

    def __str__(self) -> str:
        return self.label


class DraftRule(models.Model):
    """One redaction rule in a draft; same shape as a rule of mci-policy/1."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.ForeignKey(PolicyDraft, on_delete=models.CASCADE, related_name="rules")
    key = models.SlugField(max_length=64)
    label = models.CharField(max_length=120)
    method = models.CharField(max_length=16)
    match = models.JSONField(default=dict)
    selector = models.JSONField(default=dict)
    redact_examples = models.JSONField(default=list)
    keep_examples = models.JSONField(default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("draft", "key"), name="one_rule_key_per_draft"),)
        ordering = ("label", "id")

    def __str__(self) -> str:
        return self.label


class VersionState(models.TextChoices):
    IN_REVIEW = "in_review", "In review"
    WAITING = "waiting", "Approved, waits"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    CHANGES_REQUESTED = "changes_requested", "Changes requested"


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    """Reads of versions. Lists leave the body out: it may have megabytes."""

    def visible_to(self, user: Any) -> PolicyVersionQuerySet:
        """Every staff role reads what is or was to be captured."""
        return self if _may(user, "capture_policies.view") else self.none()

    def light(self) -> PolicyVersionQuerySet:
        return self.defer("body", "compared_with__body").select_related("author", "compared_with")

    def in_review(self) -> PolicyVersionQuerySet:
        return self.filter(state=VersionState.IN_REVIEW)

    def waiting(self) -> PolicyVersionQuerySet:
        """Approved; signed when their cool-down is over."""
        return self.filter(state=VersionState.WAITING)

    def unsigned(self) -> PolicyVersionQuerySet:
        """Approved, but the release was not signed yet: the worker's hint was lost."""
        return self.filter(state=VersionState.APPROVED, releases__isnull=True)


class PolicyVersion(models.Model):
    """Immutable canonical bytes with their digest. A trigger refuses changes to body and digest."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    draft = models.ForeignKey(PolicyDraft, on_delete=models.PROTECT, null=True, related_name="versions")
    title = models.CharField(max_length=120)
    justification = models.TextField(blank=True)
    body = models.BinaryField()
    digest = models.CharField(max_length=64)
    ruleset_digest = models.CharField(max_length=64)
    direction = models.CharField(
        max_length=8, choices=[("wider", "Wider"), ("narrower", "Narrower"), ("neutral", "Neutral")]
    )
    compared_with = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="policy_versions")
    replaces = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="replaced_by",
        help_text="the version of the same draft whose changes were requested",
    )
    state = models.CharField(max_length=20, choices=VersionState.choices, default=VersionState.IN_REVIEW)
    submitted_at = models.DateTimeField(default=timezone.now)
    cool_down_until = models.DateTimeField(null=True, help_text="adds sensitive signals: not signed before")
    decided_at = models.DateTimeField(null=True)

    objects = PolicyVersionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"version {self.number}"


class ReleaseQuerySet(models.QuerySet["Release"]):
    """Reads of releases."""

    def visible_to(self, user: Any) -> ReleaseQuerySet:
        return self if _may(user, "capture_policies.view") else self.none()

    def light(self) -> ReleaseQuerySet:
        return self.defer("version__body").select_related("version", "restores")

    def usable(self) -> ReleaseQuerySet:
        """Signed, not withdrawn, not expired: what a lease may name."""
        return self.filter(signed_at__isnull=False, withdrawn_at__isnull=True, expires_at__gt=timezone.now())

    def live(self) -> Release | None:
        """The newest usable release whose rollout went through: what a new device gets."""
        done = Rollout.objects.filter(release=OuterRef("pk"), state=RolloutState.DONE)
        return self.usable().filter(Exists(done)).select_related("version").order_by("-number").first()


class Release(models.Model):
    """A version signed into TUF metadata under a strictly increasing number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="releases")
    digest = models.CharField(max_length=64)
    restores = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="a rollback: same content as this one",
    )
    signed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("version",), condition=Q(restores__isnull=True), name="one_first_release_per_version"
            ),
        )

    def __str__(self) -> str:
        return f"release {self.number}"

    @property
    def target_name(self) -> str:
        """The name of the document in the release repository."""
        return f"policy-{self.number}.json"


class TufFile(models.Model):
    """One signed metadata file or target as served to agents; versioned names are immutable."""

    name = models.CharField(
        max_length=160, primary_key=True, help_text="2.root.json, timestamp.json, <sha256>.policy-3.json"
    )
    kind = models.CharField(max_length=8, choices=[("metadata", "Metadata"), ("target", "Target")])
    body = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class RolloutState(models.TextChoices):
    RUNNING = "running", "Running"
    HELD = "held", "Held"
    HALTED = "halted", "Halted"
    DONE = "done", "Done"
    SUPERSEDED = "superseded", "Superseded"


class RolloutQuerySet(models.QuerySet["Rollout"]):
    """Reads of rollouts."""

    def visible_to(self, user: Any) -> RolloutQuerySet:
        return self if _may(user, "capture_policies.view") else self.none()

    def light(self) -> RolloutQuerySet:
        return self.defer("release__version__body").select_related(
            "release__version", "previous", "started_by"
        )

    def open(self) -> RolloutQuerySet:
        """Running or held: may still reach further devices."""
        return self.filter(state__in=(RolloutState.RUNNING, RolloutState.HELD))

    def running(self) -> RolloutQuerySet:
        return self.filter(state=RolloutState.RUNNING)


class Rollout(models.Model):
    """One release on its way to the fleet, wave by wave."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="rollouts")
    previous = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=RolloutState.choices, default=RolloutState.RUNNING)
    reason = models.CharField(max_length=500)
    halt_reason = models.CharField(max_length=200, blank=True)
    started_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+", help_text="null: a gate did"
    )
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    only_release = models.PositiveIntegerField(
        null=True, help_text="goes to the devices that hold this release only; null: to the whole fleet"
    )

    objects = RolloutQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("state",), condition=Q(state="running"), name="one_running_rollout"
            ),
        )

    def __str__(self) -> str:
        return f"rollout of {self.release_id}"

    def place_of(self, device_id: uuid.UUID | str) -> bytes:
        """Where a device stands in the queue of this rollout: fixed, and another one in each rollout."""
        return hashlib.sha256(f"{self.pk}:{device_id}".encode()).digest()


class Wave(models.Model):
    """A share of the fleet, with the gates that open the next one."""

    id = models.BigAutoField(primary_key=True)
    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="waves")
    number = models.PositiveSmallIntegerField()
    audience = models.CharField(
        max_length=7,
        choices=[("percent", "Share of the fleet"), ("group", "Group"), ("tag", "Tag")],
        default="percent",
    )
    audience_value = models.CharField(
        max_length=40, blank=True, default="", help_text="id of the department, or the tag"
    )
    percent = models.PositiveSmallIntegerField(
        default=0, help_text="cumulative share of devices, 1..100; 0 for a group or a tag"
    )
    soak_seconds = models.PositiveIntegerField(default=0)
    max_error_share = models.FloatField(default=0.02)
    min_applied_share = models.FloatField(default=0.9)
    max_crash_share = models.FloatField(default=0.1)
    max_pause_rise = models.FloatField(default=0.25)
    paused_before = models.FloatField(
        null=True, help_text="share of devices online that were paused when it opened; null: too few"
    )
    started_at = models.DateTimeField(null=True)
    passed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("rollout", "number"), name="wave_number_once"),)
        ordering = ("number",)

    def __str__(self) -> str:
        return f"wave {self.number}"


from capture_policies.models_approval import Approval as Approval  # noqa: E402  # one file for each part
from capture_policies.models_approval import ApprovalWithdrawal as ApprovalWithdrawal  # noqa: E402
from capture_policies.models_approval import VersionComment as VersionComment  # noqa: E402
from capture_policies.models_effect import RuleEffect as RuleEffect  # noqa: E402
from capture_policies.models_keys import ApproverSignature as ApproverSignature  # noqa: E402
from capture_policies.models_keys import RevokedKey as RevokedKey  # noqa: E402
from capture_policies.models_keys import SigningRequest as SigningRequest  # noqa: E402
from capture_policies.models_narrowing import Narrowing as Narrowing  # noqa: E402  # one file for each part
from capture_policies.models_requests import AllowlistRequest as AllowlistRequest  # noqa: E402
from capture_policies.models_requests import RequestVoice as RequestVoice  # noqa: E402
from capture_policies.models_simulation import PastWeeks as PastWeeks  # noqa: E402  # one file for each part
from capture_policies.models_simulation import Simulation as Simulation  # noqa: E402
