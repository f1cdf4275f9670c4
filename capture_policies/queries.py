"""Which policy holds: live for the fleet, of a release, on a device. Everything here only reads.

A document is parsed once per process and digest; it cannot change under its digest.
"""

from __future__ import annotations

from functools import lru_cache

from agents.models import Device
from capture_policies.models import PolicyVersion, Release
from mci_core import policy
from mci_core.errors import NotFound
from mci_core.policy import Change, Direction, Policy


@lru_cache(maxsize=64)
def _parsed(digest: str, body: bytes) -> Policy:
    return policy.parse(body)


def policy_of(version: PolicyVersion | None) -> Policy | None:
    """The parsed policy of a version; None for None."""
    return None if version is None else _parsed(version.digest, bytes(version.body))


def live_release() -> Release | None:
    """What a new device gets."""
    return Release.objects.live()


def live_version() -> PolicyVersion | None:
    """The version of the live release, with which new ones are compared."""
    release = Release.objects.live()
    return None if release is None else release.version


def policy_by_release(number: int) -> Policy:
    """The policy that was signed under this number, however old. Raises `NotFound`."""
    release = Release.objects.filter(number=number).select_related("version").first()
    if release is None:
        raise NotFound("There is no release with this number.", code="release_unknown")
    found = policy_of(release.version)
    assert found is not None
    return found


def rule_labels(number: int) -> dict[str, str]:
    """What the rules of this release are called, by their ids; none where there is no such release."""
    release = Release.objects.filter(number=number).select_related("version").first()
    found = None if release is None else policy_of(release.version)
    return {} if found is None else {rule.id: rule.label for rule in found.rules}


#: Policies by digest; those that were released only. A handful in the life of a process.
_released: dict[str, Policy] = {}


def released_policy(digest: str) -> Policy | None:
    """The policy of this digest if it was ever released. Asked at every renewal of a lease, so without a
    query once it is known: a digest names the same bytes for ever.
    """
    if digest and digest not in _released:
        found = policy_of(PolicyVersion.objects.filter(digest=digest, releases__isnull=False).first())
        if found is not None:
            _released[digest] = found
    return _released.get(digest)


def lease_seconds_of(digest: str) -> int | None:
    """What a released policy says on the life of leases."""
    found = released_policy(digest)
    return None if found is None else found.lease_seconds


def live_policy_for(device: Device) -> Policy | None:
    """What holds on this device: what it confirmed, else what it is to fetch; None when it has none."""
    number = device.applied_release or device.desired_release
    return None if number is None else policy_by_release(number)


def diff_to(version: PolicyVersion, base: PolicyVersion | None) -> list[Change]:
    """Every difference in words, against another version or against nothing."""
    new = policy_of(version)
    assert new is not None
    return policy.diff(policy_of(base), new)


def direction_to(version: PolicyVersion, base: PolicyVersion | None) -> Direction:
    """Whether a version captures more than another one."""
    new = policy_of(version)
    assert new is not None
    return policy.direction(policy_of(base), new)
