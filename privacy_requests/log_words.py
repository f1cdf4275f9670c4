"""What the audit log says in words about privacy requests, erasures and legal holds."""

from __future__ import annotations

WORDS = {
    "privacy_requests.advance_erasure": "Made a step of an erasure",
    "privacy_requests.approve_request": "Granted a privacy request",
    "privacy_requests.finish_request": "Finished a privacy request",
    "privacy_requests.lift_hold": "Lifted a legal hold",
    "privacy_requests.place_hold": "Placed a legal hold",
    "privacy_requests.refuse_request": "Refused a privacy request",
    "privacy_requests.replay_erasure": "Began an erasure again after a restore",
    "privacy_requests.submit_request": "Made a privacy request",
    "privacy_requests.withdraw_request": "Withdrew a privacy request",
}
