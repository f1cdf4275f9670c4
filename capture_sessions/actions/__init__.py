"""The verbs that change sessions, split by meaning: uploads, keeping what was taken in, keys."""

from __future__ import annotations

from capture_sessions.actions.keeping import (
    erase_sessions,
    expire_sessions,
    hold_sessions,
    quarantine_session,
    record_scan,
)
from capture_sessions.actions.key_moves import move_data_keys
from capture_sessions.actions.uploads import (
    accept_upload,
    begin_upload,
    drop_stale_uploads,
    drop_uploads_of,
    refuse_upload,
    store_part,
)

__all__ = [
    "accept_upload",
    "begin_upload",
    "drop_stale_uploads",
    "drop_uploads_of",
    "erase_sessions",
    "expire_sessions",
    "hold_sessions",
    "move_data_keys",
    "quarantine_session",
    "record_scan",
    "refuse_upload",
    "store_part",
]
