"""Where enrolment gets the trust root that a new agent starts from.

Releases are signed by the app ``capture_policies``, which stands above this one; it says here where its
root is.
"""

from __future__ import annotations

from collections.abc import Callable

from mci_core.errors import Unavailable

RootSource = Callable[[], bytes | None]
_source: list[RootSource] = []


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
