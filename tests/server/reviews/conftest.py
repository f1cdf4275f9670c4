"""A store of its own for each test, and queued work kept instead of sent."""

from __future__ import annotations

from tests.server.capture_sessions.conftest import blobs, work

__all__ = ["blobs", "work"]
