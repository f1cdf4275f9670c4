"""What waits for a person about policies: versions to decide on, rollouts that were halted or held,
restarts.
"""

from __future__ import annotations

from django.urls import reverse

from accounts.models import User
from accounts.permissions import has, roles_of
from accounts.waiting import WaitingItem
from capture_policies import waiting_list
from capture_policies.approvals import ROLE_WORDS, SECOND_ROLES
from capture_policies.models import Approval, PolicyVersion, Release, Rollout, RolloutState

APPROVERS = frozenset(ROLE_WORDS)


def waiting(user: User) -> list[WaitingItem]:
    """Only what this person can do something about."""
    found = [_versions(user), *waiting_list.waiting(user)]
    if has(user, "capture_policies.start_rollout"):
        found += [_releases(), _held()]
    return [item for item in found if item is not None and item.count]


def _versions(user: User) -> WaitingItem | None:
    """Versions of others that still need a role of this person's."""
    own = roles_of(user)
    if not own & APPROVERS:
        return None
    counting = Approval.objects.counting()
    rows = PolicyVersion.objects.in_review().exclude(author=user)
    rows = rows.exclude(pk__in=counting.filter(approver=user).values("version"))
    rows = rows.exclude(direction="wider", pk__in=counting.filter(role__in=_spent(own)).values("version"))
    if not own & {"privacy_officer", "admin"}:
        rows = rows.filter(direction="wider")
    count = rows.distinct().count()
    noun = "1 policy version waits" if count == 1 else f"{count} policy versions wait"
    url = f"{reverse('capture_policies:version_list')}?state=in_review"
    return WaitingItem(count, f"{noun} for your decision", url)


def _spent(own: frozenset[str]) -> tuple[str, ...]:
    """Approvals after which a person in these roles cannot add one to a widening."""
    return ("privacy_officer",) if "privacy_officer" in own else SECOND_ROLES


def _releases() -> WaitingItem | None:
    """Signed, newer than what is live, and not on its way."""
    live = Release.objects.live()
    rows = Release.objects.usable().filter(rollouts__isnull=True, number__gt=live.number if live else 0)
    count = rows.count()
    noun = "1 signed release is" if count == 1 else f"{count} signed releases are"
    return WaitingItem(count, f"{noun} not rolled out yet", reverse("capture_policies:release_list"))


def _held() -> WaitingItem | None:
    rollout = Rollout.objects.filter(state=RolloutState.HELD).first()
    if rollout is None:
        return None
    url = reverse("capture_policies:rollout_detail", args=[rollout.pk])
    return WaitingItem(1, "1 rollout is held and waits to go on or to be halted", url)
