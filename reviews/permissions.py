"""Who may look at sessions, and for which purpose. Auditors see that a look happened, never a session."""

from __future__ import annotations

PERMISSIONS: dict[str, frozenset[str]] = {
    "reviews.view_samples": frozenset({"privacy_officer", "ml_staff"}),
    "reviews.view_findings": frozenset({"privacy_officer", "ml_staff", "admin"}),
    "reviews.view_reports": frozenset({"privacy_officer", "ml_staff", "admin", "auditor"}),
    "reviews.view_own_looks": frozenset({"employee"}),
    "reviews.commit_sample": frozenset({"privacy_officer", "ml_staff"}),
    "reviews.draw_sample": frozenset({"system"}),
    "reviews.open_grant": frozenset({"privacy_officer", "ml_staff"}),
    "reviews.close_grant": frozenset({"privacy_officer", "ml_staff"}),
    "reviews.record_view": frozenset({"privacy_officer", "ml_staff"}),
    "reviews.record_review": frozenset({"privacy_officer", "ml_staff"}),
    "reviews.open_finding": frozenset({"privacy_officer", "ml_staff"}),
    "reviews.open_scan_findings": frozenset({"system"}),
    "reviews.close_finding": frozenset({"privacy_officer"}),
}

FRESH_MFA: frozenset[str] = frozenset({"reviews.open_grant"})
