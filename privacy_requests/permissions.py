"""Who may ask, decide and carry out. A person asks for the own data only; an officer decides."""

from __future__ import annotations

PERMISSIONS: dict[str, frozenset[str]] = {
    "privacy_requests.view": frozenset({"privacy_officer", "auditor"}),
    "privacy_requests.view_own": frozenset({"employee"}),
    "privacy_requests.submit_request": frozenset({"employee"}),
    "privacy_requests.withdraw_request": frozenset({"employee"}),
    "privacy_requests.approve_request": frozenset({"privacy_officer"}),
    "privacy_requests.finish_request": frozenset({"privacy_officer"}),
    "privacy_requests.refuse_request": frozenset({"privacy_officer"}),
    "privacy_requests.advance_erasure": frozenset({"system"}),
    "privacy_requests.replay_erasure": frozenset({"system"}),
    "privacy_requests.place_hold": frozenset({"privacy_officer"}),
    "privacy_requests.lift_hold": frozenset({"privacy_officer"}),
}

FRESH_MFA: frozenset[str] = frozenset(
    {"privacy_requests.approve_request", "privacy_requests.refuse_request", "privacy_requests.place_hold"}
)
