"""Looking at sessions: random samples, view grants, what was shown, verdicts and findings."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

PURPOSES = {"redaction_quality": "Redaction quality", "data_quality": "Usefulness for training"}


class Sample(models.Model):
    """One random draw. The seed's hash is committed before the draw and the seed revealed after it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=32, choices=list(PURPOSES.items()))
    size = models.PositiveIntegerField()
    window_from = models.DateTimeField()
    window_to = models.DateTimeField()
    seed_commitment = models.CharField(max_length=64)
    seed = models.CharField(max_length=64, blank=True, help_text="revealed by the draw")
    sealed_seed = models.BinaryField(default=b"")
    population_digest = models.CharField(max_length=64, blank=True)
    population = models.PositiveIntegerField(default=0)
    drawn_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    drawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sample {self.pk}"


class SampleItem(models.Model):
    """One session in a sample. A sample cannot be asked for a person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="items")
    session = models.ForeignKey(
        "capture_sessions.CaptureSession", on_delete=models.PROTECT, related_name="sample_items"
    )
    stratum = models.CharField(max_length=120)
    position = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("sample", "session"), name="session_once_per_sample"),)
        ordering = ("position",)

    def __str__(self) -> str:
        return f"item {self.position}"


class ViewGrant(models.Model):
    """Leave to look at one session, for a reason and a short time; shown to the person looked at."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        "capture_sessions.CaptureSession", on_delete=models.PROTECT, related_name="view_grants"
    )
    item = models.ForeignKey(SampleItem, on_delete=models.PROTECT, null=True, related_name="grants")
    viewer = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="view_grants")
    viewer_role = models.CharField(max_length=20)
    reason = models.CharField(max_length=500)
    granted_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("granted_at")), name="grant_ends"),
        )

    def __str__(self) -> str:
        return f"grant {self.pk}"


class View(models.Model):
    """One look under a grant: committed before any byte is served."""

    id = models.BigAutoField(primary_key=True)
    grant = models.ForeignKey(ViewGrant, on_delete=models.PROTECT, related_name="views")
    what = models.CharField(max_length=12, choices=[("events", "Events"), ("frame", "Frame")])
    part = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"view {self.pk}"


class Review(models.Model):
    """A verdict on a sampled session."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(SampleItem, on_delete=models.PROTECT, related_name="reviews")
    grant = models.ForeignKey(ViewGrant, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(
        max_length=8, choices=[("clean", "Clean"), ("leak", "Leak"), ("unsure", "Unsure")]
    )
    comment = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("item", "reviewer"), name="one_verdict_per_reviewer"),)

    def __str__(self) -> str:
        return f"{self.verdict} on {self.item_id}"


class Finding(models.Model):
    """A leak: its class, its place and a keyed hash. Never the value."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        "capture_sessions.CaptureSession", on_delete=models.PROTECT, related_name="findings"
    )
    source = models.CharField(max_length=8, choices=[("scan", "Second scan"), ("review", "Review")])
    label = models.CharField(max_length=40, help_text="detector or rule class, for example EMAIL")
    place = models.CharField(max_length=80, help_text="event number and field")
    value_hmac = models.CharField(max_length=64, blank=True)
    severity = models.CharField(
        max_length=8, choices=[("low", "Low"), ("medium", "Medium"), ("high", "High")]
    )
    state = models.CharField(max_length=8, choices=[("open", "Open"), ("closed", "Closed")], default="open")
    opened_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    closed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("session", "label", "place", "source"), name="finding_once"),
        )
        indexes = (
            models.Index(fields=("opened_at", "id"), name="finding_opened"),
            models.Index(fields=("label",), name="finding_open", condition=Q(state="open")),
        )

    def __str__(self) -> str:
        return f"{self.label} in {self.session_id}"
