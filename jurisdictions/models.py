"""Which law applies where, and what has to exist before capture: notices, acknowledgements, agreements.

Law packs are data with dates and a source; the ruling itself is ``mci_core.jurisdiction``.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts import permissions


def areas(place: str) -> list[str]:
    """The place and what lies above it: ``US-NY`` -> ``US``, ``US-NY``."""
    parts = place.split("-")
    return ["-".join(parts[: count + 1]) for count in range(len(parts))]


class LawPackQuerySet(models.QuerySet["LawPack"]):
    def visible_to(self, user: Any) -> LawPackQuerySet:
        return self if permissions.has(user, "jurisdictions.view") else self.none()

    def in_force(self, on: date, until: date | None = None) -> LawPackQuerySet:
        """On a day, or on some day of a period; ``effective_to`` is the last day."""
        ends = Q(effective_to__isnull=True) | Q(effective_to__gte=on)
        return self.filter(ends, effective_from__lte=until or on)

    def due(self, on: date) -> LawPackQuerySet:
        """In force and past the day by which somebody had to look at it again."""
        return self.in_force(on).filter(review_by__lt=on)


class LawPack(models.Model):
    """One effective-dated rule set for a place prefix (``US``, ``US-NY``, ``DE``), loaded from
    jurisdictions/packs.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=40)
    place = models.CharField(max_length=8)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    title = models.CharField(max_length=120)
    words = models.TextField(help_text="the rule in plain words")
    clocks = models.JSONField(default=dict, help_text="deadlines for requests of persons")
    modes = models.JSONField(default=dict, help_text="ways to notify between which the law leaves the choice")
    reviewer = models.CharField(max_length=80, blank=True, help_text="the role that looked at it last")
    reviewed_on = models.DateField(null=True)
    body = models.JSONField(help_text="see mci_core.jurisdiction.Pack")
    source = models.CharField(max_length=300)
    review_by = models.DateField()
    digest = models.CharField(max_length=64)

    objects = LawPackQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("key", "effective_from"), name="one_pack_per_start"),)

    def __str__(self) -> str:
        return f"{self.key} from {self.effective_from}"


class LawReview(models.Model):
    """That a role looked at a law pack again, and by when the next look is due."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pack = models.ForeignKey(LawPack, on_delete=models.PROTECT, related_name="reviews")
    reviewed_on = models.DateField()
    role = models.CharField(max_length=80)
    note = models.CharField(max_length=500)
    next_by = models.DateField()
    recorded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-recorded_at",)

    def __str__(self) -> str:
        return f"review of {self.pack_id}"


class PlaceModeQuerySet(models.QuerySet["PlaceMode"]):
    def as_of(self, at: datetime) -> PlaceModeQuerySet:
        """The choice that counted at a moment, for each place."""
        return self.filter(at__lte=at).order_by("place", "-at").distinct("place")


class PlaceMode(models.Model):
    """Which of the ways that a law allows the organisation has chosen. The newest row of a place counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    place = models.CharField(max_length=8)
    mode = models.CharField(max_length=32, help_text="a key of LawPack.modes")
    reason = models.CharField(max_length=500)
    set_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = PlaceModeQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=("place", "-at"), name="place_mode_newest"),)

    def __str__(self) -> str:
        return f"{self.mode} in {self.place}"


@dataclass(frozen=True)
class Part:
    """A part of a text: its heading, its points, its sentences."""

    heading: str
    points: list[str]
    sentences: list[str]


def parts_of(text: str) -> list[Part]:
    """The parts of a generated text: blocks whose first line is a heading, points that begin with a dash."""
    found = []
    for block in text.split("\n\n"):
        heading, *lines = block.split("\n")
        if not lines:
            heading, lines = "", [heading]
        points = [line[2:] for line in lines if line.startswith("- ")]
        found.append(Part(heading, points, [line for line in lines if not line.startswith("- ")]))
    return found


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: Any) -> NoticeQuerySet:
        """A notice is addressed to every employee."""
        return self if getattr(user, "is_active", False) else self.none()

    def known_at(self, at: datetime) -> NoticeQuerySet:
        """Published by then, and not withdrawn then."""
        return self.filter(Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=at), published_at__lte=at)

    def addressed_to(self, family: str | None) -> NoticeQuerySet:
        """Those for a family of places, and those for everywhere."""
        return self.filter(place__in=("", family or ""))

    def live(self, family: str | None = None) -> Notice | None:
        """The newest one that was not withdrawn: the one that somebody there has to have read."""
        return self.filter(withdrawn_at__isnull=True).addressed_to(family).order_by("-number").first()


class Notice(models.Model):
    """The text an employee reads: immutable, identified by its hash, generated from a policy or written.

    ``place`` is the place of the law pack that it is for, or empty: for everywhere. What it tells is the
    policy with ``policy_digest`` less the signals that were denied there when it was generated. One that is
    not ``for_everybody`` has to be read only by those of whom more would be captured than they were told.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    place = models.CharField(max_length=8, blank=True)
    generated = models.BooleanField(default=False)
    for_everybody = models.BooleanField(default=True)
    policy_digest = models.CharField(max_length=64, blank=True)
    denied_signals = ArrayField(models.CharField(max_length=16), default=list)
    title = models.CharField(max_length=160)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    def __str__(self) -> str:
        return f"notice {self.number}"

    @property
    def parts(self) -> list[Part]:
        """A generated text as pages show it; a written one is one part without a heading."""
        return parts_of(self.text) if self.generated else [Part("", [], [self.text])]


class AcknowledgementQuerySet(models.QuerySet["Acknowledgement"]):
    def visible_to(self, user: Any) -> AcknowledgementQuerySet:
        """One's own. Staff see counts, not who read what."""
        if not getattr(user, "is_active", False):
            return self.none()
        return self.filter(subject__user_id=user.pk)

    def newest(self, *, subject: uuid.UUID, notice: Notice) -> Acknowledgement | None:
        """The newest for this text; an acknowledgement of other words does not count."""
        found = self.filter(subject_id=subject, notice=notice, text_sha256=notice.text_sha256)
        return found.order_by("-at").first()


class Acknowledgement(models.Model):
    """That one subject read one notice: hash of the text, time, channel."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey("accounts.Subject", on_delete=models.PROTECT, related_name="acknowledgements")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="acknowledgements")
    text_sha256 = models.CharField(max_length=64)
    channel = models.CharField(
        max_length=12, choices=[("portal", "Employee portal"), ("paper", "On paper"), ("agent", "Agent")]
    )
    at = models.DateTimeField(default=timezone.now)

    objects = AcknowledgementQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=("subject", "-at"), name="ack_subject_at"),)

    def __str__(self) -> str:
        return f"{self.subject_id} read {self.notice_id}"


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, user: Any) -> AgreementQuerySet:
        return self if permissions.has(user, "jurisdictions.view") else self.none()

    def in_force(self, on: date) -> AgreementQuerySet:
        return self.filter(ended_at__isnull=True, valid_from__lte=on, valid_to__gte=on)

    def known_at(self, at: datetime) -> AgreementQuerySet:
        """On record by then, and not ended then."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at), recorded_at__lte=at)

    def ending(self, on: date, days: int) -> AgreementQuerySet:
        """In force, and over within these days."""
        return self.in_force(on).filter(valid_to__lt=on + timedelta(days=days))

    def for_place(self, place: str) -> AgreementQuerySet:
        return self.filter(Q(place__in=areas(place)) | Q(also_places__overlap=areas(place)))

    def for_department(self, department: uuid.UUID | None) -> AgreementQuerySet:
        """Those for the whole place, and those for this unit of it."""
        units = [] if department is None else [department]
        return self.filter(Q(departments=[]) | Q(departments__overlap=units))


class Agreement(models.Model):
    """A works council, union or inspectorate agreement that a place may require."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    place = models.CharField(max_length=8)
    also_places = ArrayField(models.CharField(max_length=8), default=list, help_text="its other sites")
    departments = ArrayField(models.UUIDField(), default=list, help_text="units; none: everybody there")
    kind = models.CharField(
        max_length=16,
        choices=[("works_council", "Works council"), ("union", "Union"), ("inspectorate", "Inspectorate")],
    )
    number = models.CharField(max_length=80)
    signals = ArrayField(models.CharField(max_length=16), default=list)
    retention_ceiling_days = models.PositiveIntegerField(null=True)
    valid_from = models.DateField()
    valid_to = models.DateField()
    recorded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(valid_to__gte=models.F("valid_from")), name="agreement_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def sites(self) -> list[str]:
        return [self.place, *self.also_places]


class PlaceLookQuerySet(models.QuerySet["PlaceLook"]):
    def visible_to(self, user: Any) -> PlaceLookQuerySet:
        """The looks at one's own places."""
        return self.filter(subject__user_id=user.pk) if getattr(user, "is_active", False) else self.none()


class PlaceLook(models.Model):
    """That somebody looked at where a person worked, in which role and why. The person sees it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey("accounts.Subject", on_delete=models.PROTECT, related_name="place_looks")
    role = models.CharField(max_length=80)
    reason = models.CharField(max_length=500)
    looked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = PlaceLookQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=("subject", "-at"), name="place_look_subject_at"),)

    def __str__(self) -> str:
        return f"look at the places of {self.subject_id}"
