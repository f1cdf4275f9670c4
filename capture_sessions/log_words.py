"""What the audit log says in words about uploads and sessions."""

from __future__ import annotations

WORDS = {
    "capture_sessions.accept_upload": "Accepted an upload as a session",
    "capture_sessions.begin_upload": "Began an upload",
    "capture_sessions.drop_stale_uploads": "Dropped uploads that made no progress",
    "capture_sessions.drop_uploads_of": "Dropped what a person's devices had begun to upload",
    "capture_sessions.erase_sessions": "Erased a session",
    "capture_sessions.expire_sessions": "Erased a session past its retention",
    "capture_sessions.hold_sessions": "Held a person's sessions from erasure or let go of them",
    "capture_sessions.move_data_keys": "Wrapped the keys of a person's sessions anew",
    "capture_sessions.quarantine_session": "Quarantined a session",
    "capture_sessions.record_scan": "Scanned a session a second time",
    "capture_sessions.refuse_upload": "Refused an upload",
}
