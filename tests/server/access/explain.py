"""Routes of explaining and simulating policies, and of what an employee asks about the own computer."""

from __future__ import annotations

from tests.server.access.capture_policies import APPROVERS, _draft, _version
from tests.server.access.matrix import EVERYBODY, STAFF, Row

ROWS = [
    Row("capture_policies:version_simulation", "GET", STAFF, kwargs=_version),
    Row("capture_policies:version_simulation", "POST", APPROVERS, kwargs=_version),
    Row("capture_policies:draft_simulation", "GET", APPROVERS, kwargs=_draft),
    Row("capture_policies:draft_simulation", "POST", APPROVERS, kwargs=_draft),
    Row("capture_policies_me:explain", "GET", EVERYBODY),
    Row("capture_policies_me:explain", "POST", EVERYBODY),
]
