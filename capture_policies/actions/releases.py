"""Signing: an approved version becomes a release with the next number. Numbers only grow, also for a
rollback.
"""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from accounts import permissions
from agents.models import Device
from audits import actions as log
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from capture_policies import approvals, signing
from capture_policies.models import PolicyVersion, Release, Rollout, VersionState
from capture_policies.release_steps import sign_next, withdraw
from mci_core.errors import Conflict


@audited("capture_policies.sign_release")
def sign_release(*, version: PolicyVersion, actor: Actor) -> Release:
    """Sign an approved version; called again it gives the same release."""
    permissions.require(actor, "capture_policies.sign_release")
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    existing = Release.objects.filter(version=version, restores__isnull=True).first()
    if existing is not None:
        with nothing_to_do():
            return existing
    if version.state != VersionState.APPROVED:
        raise Conflict("Only an approved version is signed.", code="version_not_approved")
    approvals.refuse_ended(version)
    return sign_next(version, actor=actor, audit_name="capture_policies.sign_release")


@audited("capture_policies.retire_releases")
def retire_releases(*, actor: Actor) -> list[int]:
    """Take releases out of the repository that no device, no rollout and no plan needs any more, or that
    expired.
    """
    permissions.require(actor, "capture_policies.retire_releases")
    numbers = [release.number for release in _retirable()] if signing.is_founded() else []
    if not numbers:
        with nothing_to_do():
            return []
    withdraw(numbers)
    log.append(
        action="capture_policies.retire_releases", actor=actor, obj=None, facts={"releases": sorted(numbers)}
    )
    return numbers


def _retirable() -> list[Release]:
    """Expired, or older than the live one and neither wanted by a device nor part of an open rollout."""
    active = Device.objects.filter(revoked_at__isnull=True)
    wanted = set(active.exclude(desired_release=None).values_list("desired_release", flat=True).distinct())
    for rollout in Rollout.objects.open().select_related("release", "previous"):
        wanted.add(rollout.release.number)
        wanted.add(rollout.previous.number if rollout.previous else rollout.release.number)
    live = Release.objects.live()
    old = Q(expires_at__lte=timezone.now())
    if live is not None:
        old |= Q(number__lt=live.number) & ~Q(number__in=wanted)
    return list(Release.objects.filter(old, withdrawn_at__isnull=True).only("number"))
