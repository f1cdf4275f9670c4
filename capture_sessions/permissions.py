"""Who may do what with sessions. Nobody may list one person's sessions except that person."""

from __future__ import annotations

PERMISSIONS: dict[str, frozenset[str]] = {
    "capture_sessions.view_list": frozenset({"privacy_officer", "ml_staff", "admin"}),
    "capture_sessions.view_own": frozenset({"employee"}),
    "capture_sessions.begin_upload": frozenset({"device"}),
    "capture_sessions.store_part": frozenset({"device"}),
    "capture_sessions.complete_upload": frozenset({"device"}),
    "capture_sessions.record_scan": frozenset({"system"}),
    "capture_sessions.quarantine_session": frozenset({"system"}),
    "capture_sessions.move_data_keys": frozenset({"system"}),
    "capture_sessions.hold_sessions": frozenset({"system"}),
    "capture_sessions.drop_uploads_of": frozenset({"system"}),
    "capture_sessions.erase_sessions": frozenset({"system", "privacy_officer"}),
    "capture_sessions.expire_sessions": frozenset({"system"}),
    "capture_sessions.drop_stale_uploads": frozenset({"system"}),
}
