"""The verbs of privacy requests, split by meaning: requests, erasure, its repetition, holds."""

from __future__ import annotations

from privacy_requests.actions.erasure import advance_erasure
from privacy_requests.actions.holds import lift_hold, place_hold
from privacy_requests.actions.replay import replay_erasure
from privacy_requests.actions.requests import (
    approve_request,
    finish_request,
    refuse_request,
    submit_request,
    withdraw_request,
)

__all__ = [
    "advance_erasure",
    "approve_request",
    "finish_request",
    "lift_hold",
    "place_hold",
    "refuse_request",
    "replay_erasure",
    "submit_request",
    "withdraw_request",
]
