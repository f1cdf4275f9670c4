"""Every read of devices, tokens, deliveries and stops, and who may see which of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from accounts import permissions

if TYPE_CHECKING:
    from agents.models import CaptureStop


class DeviceQuerySet(models.QuerySet["Device"]):
    """A device's situation: ``revoked``, ``offline`` (its lease ran out), else what its agent does."""

    def visible_to(self, user: Any) -> DeviceQuerySet:
        """Staff who look after devices see all of them, with pseudonyms; everybody sees their own."""
        if permissions.has(user, "agents.view"):
            return self
        if not getattr(user, "is_active", False):
            return self.none()
        return self.filter(subject__user_id=user.pk)

    def active(self) -> DeviceQuerySet:
        return self.filter(revoked_at__isnull=True)

    def revoked(self) -> DeviceQuerySet:
        return self.filter(revoked_at__isnull=False)

    def online(self, now: datetime) -> DeviceQuerySet:
        """Holds a lease that has not run out: it has talked to us within a lease's life."""
        return self.active().filter(lease_expires_at__gt=now)

    def offline(self, now: datetime) -> DeviceQuerySet:
        return self.active().filter(Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lte=now))

    def doing(self, state: str, now: datetime) -> DeviceQuerySet:
        return self.online(now).filter(capture_state=state)

    def in_scope(self, stop: CaptureStop) -> DeviceQuerySet:
        """The devices that a stop is about. Where its subject works now decides for a place."""
        if stop.scope == "device":
            return self.active().filter(pk=stop.scope_value)
        if stop.scope == "department":
            return self.active().filter(subject__department_id=stop.scope_value)
        if stop.scope == "place":
            from django.utils import timezone

            from accounts.models import WorkLocation

            here = WorkLocation.objects.filter(period__contains=timezone.now()).filter(
                Q(place=stop.scope_value) | Q(place__startswith=f"{stop.scope_value}-")
            )
            return self.active().filter(subject_id__in=here.values("subject_id"))
        return self.active()


class EnrolmentTokenQuerySet(models.QuerySet["EnrolmentToken"]):
    def visible_to(self, user: Any) -> EnrolmentTokenQuerySet:
        return self if permissions.has(user, "agents.view_tokens") else self.none()

    def usable(self, now: datetime) -> EnrolmentTokenQuerySet:
        return self.filter(revoked_at__isnull=True, expires_at__gt=now, used__lt=models.F("quota"))


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, user: Any) -> DeliveryQuerySet:
        return self if permissions.has(user, "agents.view") else self.none()

    def open(self) -> DeliveryQuerySet:
        return self.filter(state__in=("pending", "notified", "leased"))

    def of_rollout(self, rollout: object, wave: int | None = None) -> DeliveryQuerySet:
        found = self.filter(rollout=rollout)
        return found if wave is None else found.filter(wave=wave)

    def funnel(self) -> dict[str, int]:
        """State -> how many, with zeros."""
        from agents.models import DeliveryState

        counts: dict[str, int] = dict.fromkeys(DeliveryState.values, 0)
        rows: Iterable[tuple[str, int]] = self.order_by().values_list("state").annotate(models.Count("pk"))
        counts.update(rows)
        return counts

    def unheard(self, before: datetime) -> DeliveryQuerySet:
        """Told about a release a while ago and not asked for a lease since: the hint may have been lost."""
        return self.filter(state="notified", notified_at__lt=before, device__revoked_at__isnull=True)


class CaptureStopQuerySet(models.QuerySet["CaptureStop"]):
    def visible_to(self, user: Any) -> CaptureStopQuerySet:
        return self if permissions.has(user, "agents.view_stops") else self.none()

    def open(self) -> CaptureStopQuerySet:
        return self.filter(restarted_at__isnull=True)

    def covering(self, *, device: object, department: object, place: str | None) -> CaptureStopQuerySet:
        """Open stops that keep this device from capturing."""
        about = Q(scope="programme") | Q(scope="device", scope_value=str(device))
        about |= Q(scope="department", scope_value=str(department))
        if place:
            parts = place.split("-")
            places = ["-".join(parts[: i + 1]) for i in range(len(parts))]
            about |= Q(scope="place", scope_value__in=places)
        return self.open().filter(about)
