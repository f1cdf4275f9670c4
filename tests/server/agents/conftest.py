"""Keys of this test run and the people and devices of these tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.agents.support import Agent, allow_capture
from tests.server.cast import Cast


@pytest.fixture(autouse=True)
def keys_dir(tmp_path: Path, settings: Any) -> Path:
    settings.KEYS_DIR = tmp_path / "keys"
    return tmp_path / "keys"


@pytest.fixture
def agent(cast: Cast) -> Agent:
    """The agent of the employee's device, which may capture."""
    return allow_capture(cast)
