"""Every read of law packs, notices, acknowledgements and agreements, and who may see which."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from accounts import permissions

if TYPE_CHECKING:
    from jurisdictions.models import Acknowledgement, Notice


def areas(place: str) -> list[str]:
    """The place and what lies above it: ``US-NY`` -> ``US``, ``US-NY``."""
    parts = place.split("-")
    return ["-".join(parts[: count + 1]) for count in range(len(parts))]


class LawPackQuerySet(models.QuerySet["LawPack"]):
    def visible_to(self, user: Any) -> LawPackQuerySet:
        return self if permissions.has(user, "jurisdictions.view") else self.none()

    def in_force(self, on: date) -> LawPackQuerySet:
        """``effective_to`` is the last day."""
        ends = Q(effective_to__isnull=True) | Q(effective_to__gte=on)
        return self.filter(ends, effective_from__lte=on)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: Any) -> NoticeQuerySet:
        """A notice is addressed to every employee."""
        return self if getattr(user, "is_active", False) else self.none()

    def live(self) -> Notice | None:
        """The newest one that was not withdrawn: the one that has to be acknowledged."""
        return self.filter(withdrawn_at__isnull=True).order_by("-number").first()


class AcknowledgementQuerySet(models.QuerySet["Acknowledgement"]):
    def visible_to(self, user: Any) -> AcknowledgementQuerySet:
        """One's own. Staff see counts, not who read what."""
        if not getattr(user, "is_active", False):
            return self.none()
        return self.filter(subject__user_id=user.pk)

    def latest(self, *, subject: object, notice: Notice) -> Acknowledgement | None:
        """The newest for this text; an acknowledgement of other words does not count."""
        found = self.filter(subject=subject, notice=notice, text_sha256=notice.text_sha256)
        return found.order_by("-at").first()


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, user: Any) -> AgreementQuerySet:
        return self if permissions.has(user, "jurisdictions.view") else self.none()

    def in_force(self, on: date) -> AgreementQuerySet:
        return self.filter(ended_at__isnull=True, valid_from__lte=on, valid_to__gte=on)

    def for_place(self, place: str) -> AgreementQuerySet:
        return self.filter(place__in=areas(place))
