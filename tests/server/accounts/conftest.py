"""What tests with several threads start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.support import databases


@pytest.fixture
def shared(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A folder of epochs whose keys die at once, over a database that every thread sees."""
    settings.EPOCHS_DIR = tmp_path / "epochs"
    settings.KEY_EPOCH_GRACE_HOURS = 0
    yield settings.EPOCHS_DIR
    databases.empty_tables()
