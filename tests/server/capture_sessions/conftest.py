"""A store of its own for each test, and queued work kept instead of sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.capture_sessions.support import Sender, sender_of
from tests.server.cast import Cast
from tests.server.conftest import Queued


@pytest.fixture(autouse=True)
def blobs(tmp_path: Path, settings: Any) -> Path:
    """The folder of the store."""
    folder = tmp_path / "blobs"
    ours = settings.STORAGES["blobs"]
    settings.STORAGES = {
        **settings.STORAGES,
        "blobs": {**ours, "OPTIONS": {**ours["OPTIONS"], "location": folder}},
    }
    return folder


@pytest.fixture(autouse=True)
def work(queued: Queued) -> Queued:
    """What was queued."""
    return queued


@pytest.fixture
def sender(cast: Cast) -> Sender:
    """The employee's device."""
    return sender_of(cast)
