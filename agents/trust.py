"""Where enrolment gets the trust root that a new agent starts from.

Releases are signed by the app ``capture_policies``, which stands above this one; it says here where its
root is.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from mci_core.errors import Unavailable

RootSource = Callable[[], bytes | None]
LeaseLife = Callable[[str], int | None]
_source: list[RootSource] = []
_lease_life: list[LeaseLife] = []


def set_root_source(source: RootSource) -> None:
    """Called once, when the apps are ready."""
    _source[:] = [source]


def root() -> bytes:
    """The bytes of ``1.root.json``. Raises Unavailable while no repository was made."""
    found = _source[0]() if _source else None
    if found is None:
        raise Unavailable(
            "The signing repository is not set up yet.", code="no_trust_root", extra={"retry_after": 5}
        )
    return found


def set_lease_life(source: LeaseLife) -> None:
    """Called once, when the apps are ready: digest of a policy -> seconds that it allows a lease."""
    _lease_life[:] = [source]


def lease_seconds(policy_digest: str) -> int:
    """How long the next lease lives: what the policy says, and never longer than the server's own setting."""
    most: int = settings.LEASE_SECONDS
    wanted = _lease_life[0](policy_digest) if _lease_life and policy_digest else None
    return most if wanted is None else min(most, wanted)
