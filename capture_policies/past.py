"""Which release was live at a moment, and which policy somebody asks about: that one, a version or a draft.

Live is the release with the highest number whose rollout had gone through by then and which was signed, not
withdrawn and not expired. For a moment to come it is what is live now: nobody knows more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from capture_policies import document, queries
from capture_policies.models import PolicyDraft, PolicyVersion, Release, Rollout, RolloutState
from mci_core.policy import Policy


@dataclass(frozen=True)
class Asked:
    """A policy that is asked about. ``policy`` None: none was live then, so nothing was captured.

    ``release`` is the one that was live at the moment, whichever policy is asked about; ``under_way`` a newer
    one that was on its way to the fleet.
    """

    words: str
    policy: Policy | None
    release: Release | None = None
    version: PolicyVersion | None = None
    draft: PolicyDraft | None = None
    under_way: Release | None = None


def live_at(moment: datetime) -> Release | None:
    """The release that was live at a moment; two queries at most."""
    at = min(moment, timezone.now())
    through = Rollout.objects.filter(release=OuterRef("pk"), state=RolloutState.DONE, finished_at__lte=at)
    return (
        Release.objects.filter(Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=at))
        .filter(Exists(through), signed_at__lte=at, expires_at__gt=at)
        .select_related("version")
        .order_by("-number")
        .first()
    )


def under_way_at(moment: datetime) -> Release | None:
    """A release that was on its way to the fleet then: some computers had it already."""
    at = min(moment, timezone.now())
    going = Rollout.objects.filter(started_at__lte=at, only_release__isnull=True)
    going = going.filter(Q(finished_at__isnull=True) | Q(finished_at__gt=at))
    found = going.select_related("release").defer("release__version__body").order_by("-started_at").first()
    return None if found is None else found.release


def live_policy_at(moment: datetime) -> Asked:
    """What was live then."""
    release, coming = live_at(moment), under_way_at(moment)
    if release is None:
        return Asked("No release was live", None, under_way=coming)
    words = f"Release {release.number}, version {release.version.number}"
    return Asked(words, queries.policy_of(release.version), release, release.version, under_way=coming)


def of_version(version: PolicyVersion, moment: datetime) -> Asked:
    """A numbered version, as if it had been live then."""
    return Asked(f"Version {version.number}", queries.policy_of(version), live_at(moment), version)


def of_draft(draft: PolicyDraft, moment: datetime) -> Asked:
    """A draft as it stands now. Raises `Invalid` when it is no policy yet."""
    return Asked(f"Draft: {draft.title}", document.parsed(draft), live_at(moment), draft=draft)
