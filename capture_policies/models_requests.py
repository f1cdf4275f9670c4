"""What people ask of the allowlist: an app or site to be added, or one to be removed.

A request is about one thing; everybody who asks for the same thing while it is open adds a voice to it. Who
an employee is stands in the voice only, and no staff page, list, export or log shows it.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone


class RequestKind(models.TextChoices):
    ADD = "add", "Add"
    REMOVE = "remove", "Remove"


class AllowlistRequestState(models.TextChoices):
    OPEN = "open", "Open"
    TAKEN = "taken", "Taken into a draft"
    DONE = "done", "Done"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


UNANSWERED = (AllowlistRequestState.OPEN, AllowlistRequestState.TAKEN)


class AllowlistRequestQuerySet(models.QuerySet["AllowlistRequest"]):
    """Reads of requests."""

    def visible_to(self, user: Any) -> AllowlistRequestQuerySet:
        """Every staff role reads what was asked; never who among the employees asked."""
        from accounts.permissions import has  # models load before the permissions of all apps are gathered

        return self if has(user, "capture_policies.view_requests") else self.none()

    def of_person(self, subject_id: uuid.UUID | None) -> AllowlistRequestQuerySet:
        """What one employee asked for, whatever became of it."""
        own = RequestVoice.objects.filter(subject=subject_id, request=OuterRef("pk"))
        return self.filter(Exists(own))

    def unanswered(self) -> AllowlistRequestQuerySet:
        return self.filter(state__in=UNANSWERED)

    def with_voices(self) -> AllowlistRequestQuerySet:
        """``voice_count`` without a query per row. Shown through :attr:`AllowlistRequest.asked_by` only."""
        voices = RequestVoice.objects.filter(request=OuterRef("pk"), withdrawn_at__isnull=True)
        counted = voices.order_by().values("request").annotate(n=Count("pk")).values("n")
        return self.annotate(voice_count=Coalesce(Subquery(counted), 0))


class AllowlistRequest(models.Model):
    """One thing that people ask for. ``same`` is what makes two of them the same."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=6, choices=RequestKind.choices)
    entry_kind = models.CharField(max_length=4, choices=[("app", "App"), ("site", "Site")])
    label = models.CharField(max_length=80, help_text="what people call it")
    where = models.CharField(max_length=300, blank=True, help_text="an address, or the name of a program")
    entry = models.CharField(max_length=40, blank=True, help_text="to be removed: its id in the policy")
    same = models.CharField(max_length=400)
    state = models.CharField(
        max_length=10, choices=AllowlistRequestState.choices, default=AllowlistRequestState.OPEN
    )
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(
        "accounts.User",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="null: an employee, who is not named",
    )
    answered_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)
    draft = models.ForeignKey(
        "capture_policies.PolicyDraft", on_delete=models.PROTECT, null=True, related_name="requests"
    )
    narrowing = models.ForeignKey(
        "capture_policies.Narrowing", on_delete=models.PROTECT, null=True, related_name="requests"
    )

    objects = AllowlistRequestQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("same",), condition=Q(state__in=("open", "taken")), name="one_open_request_for_it"
            ),
        )
        indexes = (models.Index(fields=("state", "-opened_at"), name="allowlist_request_state"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.label}"

    @property
    def is_open(self) -> bool:
        return self.state in UNANSWERED

    @property
    def asked_by(self) -> str:
        """How many ask, for staff: few people are never counted. Of a row read ``with_voices``."""
        least: int = settings.MIN_GROUP_SIZE
        count: int = getattr(self, "voice_count", 0)
        return f"{count} people" if count >= least else f"fewer than {least} people"


class RequestVoice(models.Model):
    """One person who asks: a member of staff by account, an employee by subject."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(AllowlistRequest, on_delete=models.PROTECT, related_name="voices")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    subject = models.ForeignKey("accounts.Subject", on_delete=models.PROTECT, null=True, related_name="+")
    words = models.CharField(max_length=1000, help_text="why")
    at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(user__isnull=True) ^ Q(subject__isnull=True), name="voice_of_staff_or_employee"
            ),
            models.UniqueConstraint(fields=("request", "user"), name="one_voice_per_account"),
            models.UniqueConstraint(fields=("request", "subject"), name="one_voice_per_subject"),
        )
        indexes = (models.Index(fields=("subject", "request"), name="voice_of_subject"),)

    def __str__(self) -> str:
        return f"voice for {self.request_id}"
