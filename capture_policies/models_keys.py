"""Bytes that wait for signatures made elsewhere, those signatures, and keys never to be trusted again."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class RequestState(models.TextChoices):
    OPEN = "open", "Open"
    PUBLISHED = "published", "Published"
    WITHDRAWN = "withdrawn", "Withdrawn"


class SigningRequestQuerySet(models.QuerySet["SigningRequest"]):
    """Reads of signing requests."""

    def open(self) -> SigningRequestQuerySet:
        return self.filter(state=RequestState.OPEN)

    def open_one(self) -> SigningRequest | None:
        """At most one is open: each is about the next number of a file."""
        return self.open().select_related("release__version").first()

    def visible_to(self, user: Any) -> SigningRequestQuerySet:
        from accounts.permissions import has  # models load before the permissions of all apps are gathered

        return self if has(user, "capture_policies.view") else self.none()


class SigningRequest(models.Model):
    """The next root, the next targets, or both. ``root`` and ``targets`` are metadata without signatures till
    they are accepted; exactly these bytes are signed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(
        max_length=8, choices=[("root", "New root"), ("release", "Release"), ("renewal", "Renewal")]
    )
    reason = models.CharField(max_length=500)
    root_version = models.PositiveIntegerField(null=True)
    root = models.BinaryField(null=True)
    root_signed_at = models.DateTimeField(null=True)
    targets_version = models.PositiveIntegerField(null=True)
    targets = models.BinaryField(null=True)
    release = models.ForeignKey(
        "capture_policies.Release", on_delete=models.PROTECT, null=True, related_name="signing_requests"
    )
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)

    objects = SigningRequestQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                models.Value(1), condition=Q(state="open"), name="one_open_signing_request"
            ),
            models.CheckConstraint(
                condition=Q(root__isnull=False) | Q(targets__isnull=False), name="something_is_to_sign"
            ),
        )

    def __str__(self) -> str:
        return f"signing request {self.pk}"


class ApproverSignature(models.Model):
    """A signature over the targets of a request, made with a key that never was on this server."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(SigningRequest, on_delete=models.PROTECT, related_name="signatures")
    key_id = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("request", "key_id"), name="one_signature_per_approver"),
        )

    def __str__(self) -> str:
        return f"signature of {self.key_id[:12]}"


class RevokedKey(models.Model):
    """A key that no later root may name, for any role."""

    key_id = models.CharField(max_length=64, primary_key=True)
    role = models.CharField(max_length=12)
    reason = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"revoked key {self.key_id[:12]}"
