"""What a process started by a test inherits: nothing that names this test session's servers."""

from __future__ import annotations

import os

OURS = ("MCI_", "DATABASE_", "REDIS_", "PYTEST", "KEYS_DIR", "BLOBS_DIR", "AUDIT_")


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


def only(environment: dict[str, str]) -> dict[str, str]:
    """Exactly these variables, and those by which a started process is measured."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    return {**measured, **environment}
