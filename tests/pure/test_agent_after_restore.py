"""What docs/operations.md promises of a restored server: new online keys bring agents back."""

from __future__ import annotations

from pathlib import Path

import pytest

from mci_agent.errors import PolicyRefused
from tests.pure.agent_support.repository import ROLES
from tests.pure.building import NOW
from tests.pure.test_agent_trusted_policy import Site


def restored(folder: Path) -> Site:
    """A device that saw higher numbers than its server knows after a restore."""
    site = Site(folder)
    for _ in range(5):
        site.server.repository.publish()
    site.trusted.refresh(NOW)
    repository = site.server.repository
    for role in (repository.content, repository.snapshot, repository.timestamp):
        role.version -= 4
    repository.publish()
    return site


def test_lower_numbers_are_refused_after_a_restore(tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused, match="older"):
        restored(tmp_path).again().refresh(NOW)


def test_new_online_keys_let_an_agent_follow_lower_numbers(tmp_path: Path) -> None:
    site = restored(tmp_path)
    for role in ROLES:
        site.server.repository.replace_key(role)
    site.server.repository.publish()
    site.again().refresh(NOW)
